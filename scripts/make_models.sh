#!/usr/bin/env bash
# From data to the shipped ONNX files:
#
#     scripts/make_models.sh detector|classifier DATA WEIGHTS [RUNS]
#
# DATA holds scenes/, crops/, negatives/ and masked_people/ as docs/guides/reproduce-the-models.md tells, WEIGHTS
# the MobileNetV2 files trained on ImageNet. Hours on one core; run it again after a cut: what is done is not done
# twice, and a training goes on where it stopped. Extra options for every training: TRAIN="--threads 4".
set -euo pipefail
which=${1:?detector or classifier} data=${2:?folder of the data} weights=${3:?folder of the ImageNet weights}
runs=${4:-runs/models}
source=$(dirname "$0")/../src/maskwatch
mkdir -p "$runs"

# part NAME KIND RECIPE START: one training, begun, continued or already there
part() {
    [ -e "$runs/$1.done" ] && return
    resume=$([ -e "$runs/$1/checkpoint.pt" ] && echo --resume || true)
    # shellcheck disable=SC2086
    maskwatch train "$2" "$data/scenes" "$data/crops" --negatives "$data/negatives" "${more[@]}" \
        --teacher "${TEACHER:-yunet}" --corrections "$source/training/corrections.csv" --recipe "$3" --start "$4" \
        --out "$runs/$1" --cache "$runs/cache" --no-report $resume ${TRAIN:-}
    touch "$runs/$1.done"
}

case $which in
detector)
    more=()
    part detector-1 detector detector "$weights/mobilenet_v2_0.35_imagenet.safetensors"
    part detector-2 detector detector-finish "$runs/detector-1/checkpoint.pt"
    maskwatch export "$runs/detector-2/checkpoint.pt" "$source/models/face_ssd.onnx" \
        --metadata "$source/training/metadata/face_ssd.toml"
    ;;
classifier)
    more=(--unlabelled "$data/masked_people")
    part classifier-1 classifier classifier "$weights/mobilenet_v2_imagenet.safetensors"
    part classifier-2 classifier classifier-finish "$runs/classifier-1/checkpoint.pt"
    part classifier-3 classifier classifier-polish "$runs/classifier-2/checkpoint.pt"
    part classifier-4 classifier classifier-turned "$runs/classifier-3/checkpoint.pt"
    maskwatch export "$runs/classifier-4/checkpoint.pt" "$source/models/mask_mobilenet.onnx" \
        --metadata "$source/training/metadata/mask_mobilenet.toml" \
        --calibrate "$data/scenes" --calibrate "$data/crops" --negatives "$data/negatives" --held-back \
        --partly-labelled ilc2021 --corrections "$source/../../benchmarks/val_corrections.csv" --detector ssd
    ;;
*)
    echo "detector or classifier, not $which" >&2
    exit 2
    ;;
esac
