#!/usr/bin/env bash
# Makes a shipped model again: trains it, scores it on data far from its training, writes its card and Markdown.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
    cat <<'TEXT'
usage: packaging/train-zoo.sh NAME --data FOLDER [--score-only] [--average HOW] [--threads N] [--preset NAME]

Trains models/zoo/recipes/NAME.recipe.json on NAME.data.json, scores the model on NAME.scores.json (data far from those
trained on), and writes models/zoo/NAME.safetensors and NAME.md. The run, the scores of every image and a picture of the
worst one lie in build/zoo. Started again after it was killed, it goes on where it was; a run that has ended is not
trained again: remove its folder to begin anew.

  --data FOLDER   base of the paths in the data lists
  --score-only    leave the weights as they are: measure the scores anew, write card and Markdown
  --average HOW   scores with test-time augmentation: none, flips or all; without the flag both none and all, which takes
                  nine times as long as none
  --threads N     processor threads for the scores; 0 (default) = all
  --preset NAME   the build whose cristae-cli does the work: release (default), dev, asan
TEXT
}

name=
data=
average=
preset=release
threads=0
train=yes
while (($#)); do
    case "$1" in
        --data | --average | --threads | --preset)
            (($# > 1)) || die "$1 needs a value; packaging/train-zoo.sh --help explains it."
            case "$1" in
                --data) data="$2" ;;
                --average) average="$2" ;;
                --threads) threads="$2" ;;
                --preset) preset="$2" ;;
            esac
            shift
            ;;
        --score-only) train= ;;
        -h | --help)
            usage
            exit 0
            ;;
        -*) die "unknown argument '$1'; packaging/train-zoo.sh --help lists them." ;;
        *)
            if [[ -n $name ]]; then die "one model at a time: '$name' or '$1'."; fi
            name="$1"
            ;;
    esac
    shift
done

recipes="$root/models/zoo/recipes"
known() {
    local file names=()
    for file in "$recipes"/*.scores.json; do names+=("$(basename "$file" .scores.json)"); done
    local IFS=' '
    printf '%s' "${names[*]}"
}
[[ -n $name ]] || die "which model? known are: $(known)"
[[ $name != */* && -f $recipes/$name.scores.json ]] || die "there is no model '$name' to make; known are: $(known)"
[[ $threads =~ ^[0-9]+$ ]] || die "--threads $threads is no number."
[[ -n $data ]] || die "--data names the folder that the paths in models/zoo/recipes/$name.data.json start from."
[[ -d $data ]] || die "there is no folder $data."
data="$(cd "$data" && pwd)"
cli="$root/build/$preset/bin/cristae-cli"
[[ -x $cli ]] || die "there is no $cli yet; packaging/build.sh --preset $preset builds it."

# Commands stand in the card as they are typed: from a folder where models/ and DATA are what they are for everybody.
work="$root/build/zoo"
mkdir -p "$work"
cd "$work"
ln -sfn "$root/models" models
ln -sfn "$data" DATA
model="models/zoo/$name.safetensors"

if [[ -n $train ]]; then
    for file in "$name.data.json" "$name.recipe.json"; do
        [[ -f $recipes/$file ]] || die "there is no models/zoo/recipes/$file to train with."
    done
    if [[ -f $name.run/run.json ]] && grep -q '"end"' "$name.run/run.json"; then
        say "$name has been trained (build/zoo/$name.run)"
    elif [[ -f $name.run/run.json ]]; then
        say "Going on with the training of $name"
        "$cli" train --resume --run-folder "$name.run"
    else
        say "Training $name"
        "$cli" train --data "models/zoo/recipes/$name.data.json" --data-root DATA \
            --recipe "models/zoo/recipes/$name.recipe.json" --output "$model" --run-folder "$name.run" --overwrite
    fi
fi
[[ -f $model ]] || die "there is no $model to score."
say "Scoring $name"
scores=(score "$model" --data "models/zoo/recipes/$name.scores.json" --data-root DATA)
if ((threads)); then scores+=(--threads "$threads"); fi
"$cli" "${scores[@]}" --write ${average:+--average "$average"}
"$cli" "${scores[@]}" --average "${average:-none}" --per-image "$name.images.csv" --worst "$name.worst.png" --overwrite
"$cli" models --card "$model" >"$name.md"
mv "$name.md" "$root/models/zoo/$name.md"
say "models/zoo/$name.safetensors and models/zoo/$name.md are written; the worst image is build/zoo/$name.worst.png"
