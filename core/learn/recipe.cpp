// The options of a training run and the three named recipes.
#include "core/learn/recipe.h"

#include "core/base/error.h"
#include "core/base/json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {

namespace {

using Type = Option::Type;

Option choice(const char* key, const char* label, const char* group, const char* value,
              std::vector<std::string> choices, const char* help) {
    return {key, label, Type::choice, value, {}, {}, std::move(choices), "", help, group};
}
Option integer(const char* key, const char* label, const char* group, int64_t value, double low, double high,
               const char* unit, const char* help) {
    return {key, label, Type::integer, value, low, high, {}, unit, help, group};
}
Option real(const char* key, const char* label, const char* group, double value, double low, double high,
            const char* unit, const char* help) {
    return {key, label, Type::real, value, low, high, {}, unit, help, group};
}
Option text(const char* key, const char* label, const char* group, const char* help) {
    return {key, label, Type::text, "", {}, {}, {}, "", help, group};
}
Option chance(const char* key, const char* label, double value, const char* help) {
    return real(key, label, "Augmentation", value, 0, 1, "", help);
}

nlohmann::json with(std::initializer_list<std::pair<const char*, nlohmann::json>> changes) {
    nlohmann::json values = recipeSchema().defaults();
    for (const auto& [key, value] : changes) values[key] = value;
    return values;
}

/// {"slicesIn": 3} → "slicesIn=3": the form in which recipes keep it.
std::string textFromOptions(const nlohmann::json& options) {
    std::string text;
    for (const auto& [key, value] : options.items())
        text += (text.empty() ? "" : ", ") + key + "=" +
                (value.is_string() ? value.get<std::string>() : value.dump());
    return text;
}

} // namespace

nlohmann::json optionsFromText(const Schema& schema, const std::string& text) {
    nlohmann::json values = schema.defaults();
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find(',', begin), text.size());
        const size_t from = text.find_first_not_of(' ', begin), to = text.find_last_not_of(' ', end - 1);
        if (from < end && to != std::string::npos && to >= from)
            schema.set(values, text.substr(from, to - from + 1));
        begin = end + 1;
    }
    return values;
}

const Schema& recipeSchema() {
    static const Schema schema{
        choice("architecture", "Network", "Network", "unet",
               {"unet", "resunet", "segnet", "usegnet", "fcdensenet", "multiresunet", "deepem3d", "unet3d",
                "maskrcnn"},
               "The kind of network."),
        integer("levels", "Levels", "Network", 5, 2, 6, "",
                "How often the image is halved, plus one: more levels see a wider neighbourhood. U-Net only; "
                "other "
                "networks take theirs from the network options."),
        integer("base", "Filters", "Network", 16, 1, 128, "",
                "Filters of the first level; each level doubles them. U-Net only."),
        choice("normalisation", "Normalisation", "Network", "batch", {"none", "batch", "layer"},
               "Batch normalisation trains fastest; layer normalisation makes tiles of a large image "
               "disagree. U-Net "
               "only."),
        choice("upsampling", "Upsampling", "Network", "transposed", {"transposed", "bilinear"},
               "How the decoder doubles the size. U-Net only."),
        text("network", "Network options", "Network",
             "Further options of the chosen network, as key=value with commas between: slicesIn=3, "
             "filter=5x5. "
             "What is not named is as published."),
        text("weights", "Weights to start from", "Network",
             "A file of another tool: safetensors or a PyTorch state dict (.pt, .pth) with the names of "
             "torchvision's ResNet-50 or Mask R-CNN, or of this network."),
        real("pixelSizeNm", "Pixel size", "Data", 0, 0, 1e6, "nm",
             "Slices of known pixel size are resampled to this before training, and images before "
             "prediction; 0 takes them as they are."),
        integer("patch", "Patch side", "Data", 256, 16, 2048, "px",
                "Side of the square patches; a multiple of the network's stride multiple."),
        integer("patchDepth", "Patch depth", "Data", 16, 1, 256, "slices",
                "Slices of a patch, for networks of volumes; a multiple of the network's slice multiple."),
        integer("batch", "Batch", "Data", 4, 1, 256, "patches", "Patches in one step."),
        real("foregroundFraction", "Patches on objects", "Data", 0.25, 0, 1, "",
             "Share of the patches that are centred near a labelled object; the others lie anywhere."),
        real("hardFraction", "Patches on errors", "Data", 0, 0, 1, "",
             "Share of the patches that are drawn where the network errs on the training slices, in "
             "proportion "
             "to the squared error."),
        integer("hardEvery", "Errors every", "Data", 5, 1, 100000, "epochs",
                "After so many epochs the network is run over some more training slices, for a tenth of the "
                "pixels trained meanwhile."),
        integer("steps", "Steps", "Length", 2000, 1, 10000000, "steps", "Steps of the whole run."),
        integer("stepsPerEpoch", "Steps an epoch", "Length", 200, 1, 1000000, "steps",
                "After so many steps the network is validated and a checkpoint written."),
        choice(
            "loss", "Loss", "Optimiser", "bce_dice",
            {"bce", "cross_entropy", "dice", "bce_dice", "ce_dice", "log_dice", "focal", "tversky", "border"},
            "The function that is minimised; cross-entropy kinds let classes exclude each other."),
        text("lossOptions", "Loss options", "Optimiser",
             "Options of the loss, as key=value with commas between: gamma=2 (focal), alpha=0.3, beta=0.7 "
             "(tversky), classWeights=1 5 (cross_entropy), w0=10, sigma=5 (border)."),
        choice("optimiser", "Optimiser", "Optimiser", "adamw", {"adam", "adamw", "adagrad", "sgd"},
               "The algorithm that updates the weights."),
        real("learningRate", "Learning rate", "Optimiser", 2e-3, 1e-8, 10, "",
             "The largest learning rate of the run."),
        real("weightDecay", "Weight decay", "Optimiser", 1e-2, 0, 1, "",
             "Decay of the weights towards zero."),
        real("epsilon", "Epsilon", "Optimiser", 1e-8, 1e-12, 1, "",
             "Added to the root of the second moment; large values make steps smaller. Not for SGD."),
        real("momentum", "Momentum", "Optimiser", 0.9, 0, 0.9999, "", "Only for SGD."),
        choice("schedule", "Schedule", "Optimiser", "warmup_cosine",
               {"constant", "step", "cosine", "warmup_cosine", "constant_cosine", "plateau"},
               "How the learning rate changes over the run."),
        integer("warmupSteps", "Warm-up", "Optimiser", 100, 0, 1000000, "steps",
                "Steps over which the learning rate rises; warm-up and cosine only."),
        real("cooldown", "Cool-down", "Optimiser", 0.2, 0.001, 1, "",
             "Constant and cosine: the last share of the steps, over which the learning rate falls to 0."),
        integer("stepEvery", "Lower every", "Optimiser", 1000, 1, 10000000, "steps",
                "Step schedule: the learning rate falls after so many steps …"),
        real("stepFactor", "Lower by", "Optimiser", 0.1, 1e-4, 1, "", "… to this share."),
        integer("plateauEpochs", "Plateau", "Optimiser", 5, 1, 100000, "epochs",
                "Plateau schedule: after so many epochs in which neither validation loss nor Dice became "
                "better …"),
        real("plateauFactor", "Lower by", "Optimiser", 0.5, 1e-4, 1, "",
             "… the learning rate falls to this share …"),
        real("smallestRate", "Smallest rate", "Optimiser", 1e-6, 0, 10, "", "… but not below this."),
        real("anchor", "Pull to the start", "Optimiser", 0, 0, 1e4, "",
             "Decay of the weights towards those of the model that the training starts from, instead of "
             "towards zero (L2-SP): larger values forget less and learn less. 0: none."),
        choice("statistics", "Batch statistics", "Optimiser", "learn", {"learn", "keep"},
               "keep: batch normalisation goes on with the means and variances of the model that the "
               "training starts from; for few slices."),
        real("clipGradient", "Clip gradients", "Optimiser", 1.0, 0, 1e6, "",
             "Largest norm of the gradient; 0 leaves it free."),
        real("averaging", "Weight averaging", "Optimiser", 0.995, 0, 0.99999, "",
             "Decay of the running mean of the weights, which is what is kept; 0 keeps the last weights."),
        integer("patience", "Patience", "Length", 0, 0, 100000, "epochs",
                "The run ends after so many epochs in which neither validation loss nor Dice became better; "
                "0 never."),
        choice(
            "threshold", "Threshold", "Length", "dice", {"dice", "half"},
            "The probability from which on a pixel belongs to a class: where the Dice of the validation "
            "slices is highest, in the mean over data sets (of boundaries: where V-rand is), or one half."),
        chance("flip", "Flips", 0.5, "Probability of a mirror image, for each axis."),
        chance("reverseZ", "Reversed slices", 0.5,
               "Probability of the reverse order of slices, for networks that see several."),
        chance("quarterTurns", "Quarter turns", 0, "Probability of a turn by 90°, 180° or 270°, exact."),
        chance("rotate", "Rotation", 0.8, "Probability of a rotation."),
        real("rotateDegrees", "Largest angle", "Augmentation", 180, 0, 180, "°",
             "Angles are drawn from minus to plus this."),
        chance("shear", "Shear", 0, "Probability of a shear along rows or columns."),
        real("shearDegrees", "Largest shear", "Augmentation", 10, 0, 60, "°",
             "Angles are drawn from minus to plus this."),
        chance("scale", "Zoom", 0.5, "Probability of a change of size."),
        real("scaleRange", "Largest zoom", "Augmentation", 1.25, 1, 4, "",
             "Factors are drawn from its inverse up to this."),
        chance("crop", "Crop and zoom", 0,
               "Probability that a smaller piece of the patch is taken and enlarged to its size."),
        real("cropShare", "Smallest crop", "Augmentation", 0.75, 0.1, 1, "",
             "Sides of the piece are drawn from this share of the patch up to all of it."),
        choice("border", "Beyond the border", "Augmentation", "reflect", {"reflect", "constant"},
               "What a patch shows beyond the border of its slice: the mirror image, or the mean grey value "
               "with labels that are unknown."),
        real("shift", "Shift", "Augmentation", 16, 0, 512, "px",
             "Patches centred on an object are moved by up to this, besides their random place."),
        chance("elastic", "Elastic deformation", 0.4, "Probability of a smooth random deformation."),
        real("elasticAlpha", "Strength of deformation", "Augmentation", 6, 0, 100, "px",
             "Standard deviation of the displacement."),
        real("elasticSigma", "Width of deformation", "Augmentation", 32, 4, 512, "px",
             "Distance over which displacements agree."),
        chance("brightness", "Brightness", 0.6, "Probability of an added constant."),
        real("brightnessRange", "Largest brightness change", "Augmentation", 0.3, 0, 5, "σ",
             "In standard deviations of the slice."),
        chance("contrast", "Contrast", 0.6, "Probability of a changed contrast."),
        real("contrastRange", "Largest contrast change", "Augmentation", 1.35, 1, 10, "",
             "Factors are drawn from its inverse up to this."),
        chance("gamma", "Gamma", 0.3, "Probability of a changed gamma."),
        real("gammaRange", "Largest gamma", "Augmentation", 1.5, 1, 10, "",
             "Exponents are drawn from its inverse up to this."),
        chance("noise", "Noise", 0.3, "Probability of added Gaussian noise."),
        real("noiseRange", "Largest noise", "Augmentation", 0.3, 0, 5, "σ",
             "Standard deviations are drawn from 0 up to this."),
        chance("blur", "Blur", 0.2, "Probability of a Gaussian blur."),
        real("blurRange", "Largest blur", "Augmentation", 1.5, 0, 20, "px",
             "Standard deviations are drawn from 0.3 px up to this."),
        chance("median", "Median blur", 0, "Probability that pixels become the median of their window."),
        integer("medianSize", "Largest window", "Augmentation", 3, 3, 5, "px",
                "Side of the median's window: 3, or 3 and 5."),
        chance("sharpen", "Sharpening", 0, "Probability of a sharper image (unsharp mask of 1 px)."),
        real("sharpenRange", "Largest sharpening", "Augmentation", 1, 0, 5, "",
             "How often the difference to the blurred image is added: drawn from 0 up to this."),
        chance("saltPepper", "Salt and pepper", 0,
               "Probability that some pixels become as dark or as bright as the patch has them."),
        real("saltPepperRange", "Most salt and pepper", "Augmentation", 0.05, 0, 0.5, "",
             "Shares of pixels are drawn from 0 up to this."),
        integer("seed", "Seed", "Machine", 1, 0, 2147483647, "",
                "Same seed, same data, same build, same threads: same network."),
        choice("precision", "Precision", "Machine", "auto", {"auto", "fp32", "bf16"},
               "auto takes bf16 where it is faster."),
        integer("threads", "Threads", "Machine", 0, 0, 1024, "",
                "Threads of the computation; 0 takes all processors."),
        integer("workers", "Data workers", "Machine", 0, 0, 256, "",
                "Threads that prepare patches; 0 chooses by itself. The patches do not depend on it.")};
    return schema;
}

const std::vector<NamedRecipe>& namedRecipes() {
    static const std::vector<NamedRecipe> recipes{
        {"quick", "Quick", "A small network for a first trial; minutes on two processor cores.",
         with({{"levels", 4},
               {"base", 8},
               {"patch", 192},
               {"steps", 500},
               {"stepsPerEpoch", 50},
               {"warmupSteps", 30},
               {"averaging", 0.98}})},
        {"balanced", "Balanced",
         "The network and settings of the shipped models; about an hour on two processor cores, minutes on a "
         "GPU.",
         with({})},
        {"thorough", "Thorough", "A wide network with larger patches and a long run; wants a GPU.",
         with({{"base", 48},
               {"patch", 384},
               {"batch", 8},
               {"steps", 20000},
               {"stepsPerEpoch", 500},
               {"warmupSteps", 500},
               {"learningRate", 1e-3},
               {"averaging", 0.999}})}};
    return recipes;
}

nlohmann::json completeRecipe(const nlohmann::json& recipe) {
    nlohmann::json values = recipeSchema().defaults();
    values.update(recipe);
    // The order of slices was once reversed as often as images were mirrored.
    if (recipe.contains("flip") && !recipe.contains("reverseZ")) values["reverseZ"] = recipe["flip"];
    return values;
}

std::vector<std::string> changedOptions(const nlohmann::json& before, const nlohmann::json& now) {
    std::vector<std::string> keys;
    for (const Option& option : recipeSchema().options())
        if (before.value(option.key, nlohmann::json()) != now.value(option.key, nlohmann::json()))
            keys.push_back(option.key);
    return keys;
}

nlohmann::json loadRecipe(const std::string& nameOrFile) {
    for (const NamedRecipe& recipe : namedRecipes())
        if (recipe.name == nameOrFile) return recipe.values;
    std::error_code ignored;
    if (!std::filesystem::exists(nameOrFile, ignored))
        throw Error(ErrorKind::usage,
                    fmt::format("There is no recipe \"{}\": give quick, balanced, thorough or a JSON file.",
                                nameOrFile));
    nlohmann::json read = readJsonFile(nameOrFile);
    for (const char* key : {"network", "lossOptions"})
        if (read.is_object() && read.contains(key) && read[key].is_object())
            read[key] = textFromOptions(read[key]);
    if (const auto found = recipeSchema().complaints(read); !found.empty())
        throw Error(ErrorKind::usage,
                    fmt::format("The recipe {} does not fit. {}", nameOrFile, fmt::join(found, " ")));
    return completeRecipe(read);
}

} // namespace cristae
