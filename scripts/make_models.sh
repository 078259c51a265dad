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
        --calibrate "$data/scenes" --calibrate "$data/crops" --negatives "$data/negatives" --held-back \
        --partly-labelled ilc2021 --corrections "$source/../../benchmarks/val_corrections.csv" --detector ssd "${@:4}"
}

# The trainings that both classifiers begin with.
first_parts() {
    more=(--unlabelled "$data/masked_people")
    part classifier-1 classifier classifier "$weights/mobilenet_v2_imagenet.safetensors"
    part classifier-2 classifier classifier-finish "$runs/classifier-1/checkpoint.pt"
    part classifier-3 classifier classifier-polish "$runs/classifier-2/checkpoint.pt"
    part classifier-4 classifier classifier-turned "$runs/classifier-3/checkpoint.pt"
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
    first_parts
    part classifier-5 classifier classifier-donated "$runs/classifier-4/checkpoint.pt"
    part classifier-6 classifier classifier-noisy "$runs/classifier-5/checkpoint.pt"
    calibrated classifier-6 mask_mobilenet.onnx mask_mobilenet.toml --blend "$runs/classifier-4/checkpoint.pt"
    ;;
fast)
    first_parts
    part fast-1 classifier classifier-fast "$runs/classifier-4/checkpoint.pt"
    part fast-2 classifier classifier-noisy "$runs/fast-1/checkpoint.pt" --set faces.size=64 --set steps=1500
    calibrated fast-2 mask_mobilenet_fast.onnx mask_mobilenet_fast.toml
    ;;
*)
    echo "detector, large, classifier or fast, not $which" >&2
    exit 2
    ;;
esac
