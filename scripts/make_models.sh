#!/usr/bin/env bash
# From data to the shipped ONNX files:
#
#     scripts/make_models.sh detector|large|classifier|fast DATA WEIGHTS [RUNS]
#
# DATA holds scenes/, crops/, negatives/ and masked_people/ as docs/guides/reproduce-the-models.md tells, WEIGHTS
# the MobileNetV2 files trained on ImageNet. Hours on one core; run it again after a cut: what is done is not done
# twice, and a training goes on where it stopped. Extra options for every training: TRAIN="--threads 4".
set -euo pipefail
which=${1:?detector, large, classifier or fast} data=${2:?folder of the data} weights=${3:?folder of the ImageNet weights}
runs=${4:-runs/models}
source=$(dirname "$0")/../src/maskwatch
mkdir -p "$runs"

# part NAME KIND RECIPE START [OPTIONS]: one training, begun, continued or already there
part() {
    [ -e "$runs/$1.done" ] && return
    options=("${@:5}")
    resume=$([ -e "$runs/$1/checkpoint.pt" ] && echo --resume || true)
    # shellcheck disable=SC2086
    maskwatch train "$2" "$data/scenes" "$data/crops" --negatives "$data/negatives" "${more[@]}" \
        --teacher "${TEACHER:-yunet}" --corrections "$source/training/corrections.csv" --recipe "$3" --start "$4" \
        --out "$runs/$1" --cache "$runs/cache" --no-report $resume "${options[@]}" ${TRAIN:-}
    touch "$runs/$1.done"
}

# calibrated RUN FILE METADATA [OPTIONS]: the ONNX file of a classifier
calibrated() {
    maskwatch export "$runs/$1/checkpoint.pt" "$source/models/$2" --metadata "$source/training/metadata/$3" \
        --calibrate "$data/scenes" --calibrate "$data/crops" --negatives "$data/negatives" --held-out \
        --partly-labelled ilc2021 --corrections "$source/../../benchmarks/val_corrections.csv" --detector ssd "${@:4}"
}

# others PART...: the options that average a classifier with the states after these parts
others() {
    blend=()
    for part in "$@"; do blend+=(--blend "$runs/classifier-$part/checkpoint.pt"); done
}

# mean RUN PART...: that average as an ONNX file beside the run, to go on from; written once, because a training that
# imitates it goes on only with the very file that it began with
mean() {
    [ -e "$runs/$1.onnx" ] && return
    others "${@:2}"
    maskwatch export "$runs/$1/checkpoint.pt" "$runs/$1.onnx" "${blend[@]}"
}

case $which in
detector)
    more=()
    part detector-1 detector detector "$weights/mobilenet_v2_0.35_imagenet.safetensors"
    part detector-2 detector detector-finish "$runs/detector-1/checkpoint.pt"
    maskwatch export "$runs/detector-2/checkpoint.pt" "$source/models/face_ssd.onnx" \
        --metadata "$source/training/metadata/face_ssd.toml"
    ;;
large)
    more=()
    part large-1 detector detector-large "$weights/mobilenet_v2_imagenet.safetensors"
    part large-2 detector detector-large-finish "$runs/large-1/checkpoint.pt"
    maskwatch export "$runs/large-2/checkpoint.pt" "$source/models/face_ssd_large.onnx" \
        --companion "$source/models/face_ssd.onnx" --metadata "$source/training/metadata/face_ssd_large.toml"
    ;;
classifier)
    more=(--unlabelled "$data/masked_people")
    part classifier-1 classifier classifier "$weights/mobilenet_v2_imagenet.safetensors"
    part classifier-2 classifier classifier-finish "$runs/classifier-1/checkpoint.pt"
    part classifier-3 classifier classifier-polish "$runs/classifier-2/checkpoint.pt"
    part classifier-4 classifier classifier-turned "$runs/classifier-3/checkpoint.pt"
    part classifier-5 classifier classifier-donated "$runs/classifier-4/checkpoint.pt"
    part classifier-6 classifier classifier-noisy "$runs/classifier-5/checkpoint.pt"
    mean classifier-6 4
    part classifier-7 classifier classifier-ways "$runs/classifier-6.onnx"
    mean classifier-7 6 4
    part classifier-8 classifier classifier-things "$runs/classifier-7.onnx"
    mean classifier-8 7 6 4
    part classifier-9 classifier classifier-things "$runs/classifier-8.onnx" --imitate "$runs/classifier-8.onnx" \
        --set seed=37 --set steps=3000 --set evaluate_every=1500 --set imitation=0.5
    others 9 9 9 9 9 9 8 7 6 4  # the last state counts seven times
    calibrated classifier-9 mask_mobilenet.onnx mask_mobilenet.toml "${blend[@]}"
    ;;
fast)
    more=(--unlabelled "$data/masked_people" --imitate shipped)
    part fast-1 classifier classifier-small "$weights/mobilenet_v2_0.35_imagenet.safetensors"
    part fast-2 classifier classifier-small "$runs/fast-1/checkpoint.pt" --set rate=7e-4 --set seed=23 --set frozen=0
    part fast-3 classifier classifier-small "$runs/fast-2/checkpoint.pt" --set rate=6e-4 --set seed=29 --set frozen=0 \
        --set steps=9000 --set evaluate_every=3000
    calibrated fast-3 mask_mobilenet_fast.onnx mask_mobilenet_fast.toml
    ;;
*)
    echo "detector, large, classifier or fast, not $which" >&2
    exit 2
    ;;
esac
