namespace SlmOps.Quantizer;

/// <summary>Every refusal in one place: its code, its wording and its cure.</summary>
internal static class Problems
{
    internal const int MinOpset = 7;
    internal const int MaxOpset = 26;
    internal const int MinIr = 3;
    internal const int MaxIr = 13;

    internal static ModelProblem Empty(string file) => new(
        "empty-file", $"'{file}' is empty.", "Upload the file again.", file);

    internal static ModelProblem NotOnnx(string file, string why) => new(
        "not-onnx", $"'{file}' is not an ONNX model: {why}.", "Export the model to ONNX (a ModelProto in protobuf form).", file);

    internal static ModelProblem Truncated(string file, string why) => new(
        "truncated", $"'{file}' is cut off: {why}.", "Upload the whole file again.", file);

    internal static ModelProblem TooLarge(long bytes, long limit) =>
        new(
            "too-large",
            $"The model and its data are {bytes} bytes; the limit is {limit}.",
            "Use a smaller model or raise MaxModelBytes.",
            null);

    internal static ModelProblem FileTooLarge(string file, long bytes) => new(
        "too-large", $"'{file}' has {bytes} bytes; a protobuf file holds at most 2 GiB.", "Save the weights as external data.", file);

    internal static ModelProblem GraphTooLarge(long limit) =>
        new(
            "graph-too-large",
            $"The graph holds more than {limit} bytes of names and types.",
            "Simplify the graph or raise MaxGraphBytes.",
            null);

    internal static ModelProblem TooManyNodes(int limit) => new(
        "too-many-nodes", $"The graph has more than {limit} nodes.", "Simplify the graph or raise MaxNodes.", null);

    internal static ModelProblem TooManyExpandedNodes(long count, int limit) => new(
        "too-many-nodes", $"The graph has {count} nodes once its functions are put in place of their calls; the limit is {limit}.",
        "Export without functions, simplify the graph or raise MaxNodes.", null);

    internal static ModelProblem TooManyTensors(int limit) => new(
        "too-many-tensors", $"The graph has more than {limit} tensors.", "Simplify the graph or raise MaxTensors.", null);

    internal static ModelProblem TooManyEntries(int limit) => new(
        "graph-too-large", $"The graph has more than {limit} names and attributes.", "Simplify the graph or raise MaxEntries.", null);

    internal static ModelProblem TooDeep(int limit) => new(
        "too-deep", $"Subgraphs are nested more than {limit} deep.", "Flatten the control flow or raise MaxDepth.", null);

    internal static ModelProblem NoOutputs() => new(
        "no-outputs", "The graph has no outputs, so nothing would run.", "Export the model with its outputs named.", null);

    internal static ModelProblem BadIr(long version) =>
        new(
            "unsupported-ir",
            $"IR version {version} is not supported; versions {MinIr} to {MaxIr} are.",
            "Export the model with another ONNX version.",
            null);

    internal static ModelProblem BadOpset(long version) =>
        new(
            "unsupported-opset",
            $"Opset {version} of ai.onnx is not supported; versions {MinOpset} to {MaxOpset} are.",
            "Convert the model to a supported opset.",
            null);

    internal static ModelProblem MissingOpset(string domain) =>
        new(
            "unsupported-opset",
            $"Nodes use the domain '{domain}', which the model does not import.",
            "Add the opset import when exporting.",
            null);

    internal static ModelProblem DuplicateOpset(string domain) =>
        new(
            "unsupported-opset",
            $"The domain '{domain}' is imported more than once with different versions.",
            "Import each domain once.",
            null);

    internal static ModelProblem UnknownDomain(string domain, string op) =>
        new(
            "unsupported-domain",
            $"Operator '{domain}:{op}' belongs to a custom domain that ONNX Runtime does not ship.",
            "Export with standard or com.microsoft operators, or define it as a model function.",
            null);

    internal static ModelProblem UnknownOperator(string op) =>
        new(
            "unsupported-operator",
            $"Operator '{op}' is not part of the standard ONNX operators.",
            "Export with standard operators, or set the node's domain.",
            null);

    internal static ModelProblem Duplicate(string name, string where) => new(
        "duplicate-name", $"The value '{name}' is defined more than once in {where}.", "Give every value its own name.", null);

    internal static ModelProblem Dangling(string name, string user) =>
        new(
            "dangling-name",
            $"{user} uses the value '{name}', which nothing defines.",
            "Export the model again; a node or an initializer is missing.",
            null);

    internal static ModelProblem UnnamedInitializer(string where) =>
        new(
            "dangling-name",
            $"An initializer of {where} has no name.",
            "Export the model again; an initializer without a name cannot be used.",
            null);

    internal static ModelProblem Cycle(string node) => new(
        "cycle", $"{node} depends on its own output.", "Export the model again; a graph must not have cycles.", null);

    internal static ModelProblem RecursiveFunction(string function) => new(
        "cycle", $"{function} calls itself.", "Export the model without recursive functions.", null);

    internal static ModelProblem BadShape(string tensor, string shape) =>
        new(
            "shape-overflow",
            $"Tensor '{tensor}' has the shape {shape}, which is negative or too large to count.",
            "Export the model again; the tensor's header is damaged.",
            null);

    internal static ModelProblem BadType(string tensor, int type) =>
        new(
            "unsupported-type",
            $"Tensor '{tensor}' has the unknown element type {type}.",
            "Export the model with the element types of ONNX 1.20 or earlier.",
            null);

    internal static ModelProblem SizeMismatch(string tensor, string shape, string type, long expected, long actual) =>
        new(
            "size-mismatch",
            $"Tensor '{tensor}' ({type} {shape}) needs {expected} bytes and has {actual}.",
            "Export the model again; the tensor is damaged.",
            null);

    internal static ModelProblem ExternalMissing(string tensor, string file) =>
        new(
            "external-data-missing",
            $"Tensor '{tensor}' lies in '{file}', which is not there.",
            "Upload the data file beside the model.",
            file);

    internal static ModelProblem ExternalOutside(string tensor, string location) =>
        new(
            "external-data-outside",
            $"Tensor '{tensor}' points to '{location}', outside the model's folder.",
            "Save the external data beside the model with a relative name.",
            null);

    internal static ModelProblem ExternalAbsolute(string tensor, string location) =>
        new(
            "external-data-absolute",
            $"Tensor '{tensor}' points to the absolute path '{location}'.",
            "Save the external data beside the model with a relative name.",
            null);

    internal static ModelProblem ExternalSymlink(string tensor, string location) =>
        new(
            "external-data-symlink",
            $"Tensor '{tensor}' lies behind the symbolic link '{location}'.",
            "Copy the real file beside the model.",
            null);

    internal static ModelProblem ExternalMalformed(string tensor, string what) =>
        new(
            "external-data-malformed",
            $"Tensor '{tensor}' has an unreadable external data entry: {what}.",
            "Export the model again with external data.",
            null);

    internal static ModelProblem ExternalPastEnd(string tensor, string file, long offset, long length, long size) =>
        new(
            "external-data-past-end",
            $"Tensor '{tensor}' needs bytes {offset} to {(decimal)offset + length} of '{file}', which has {size}.",
            "Upload the whole data file again.",
            file);

    internal static ModelProblem ExternalOverlap(string first, string second, string file) =>
        new(
            "external-data-overlap",
            $"Tensors '{first}' and '{second}' overlap in '{file}' without being the same bytes.",
            "Save the external data again.",
            file);

    internal static ModelProblem ExternalElsewhere(string what) =>
        new(
            "external-data-unsupported",
            $"Tensor {what} keeps its data in another file, where only ordinary tensors may.",
            "Save that tensor inside the model file, or leave it out of the export.",
            null);

    internal static ModelProblem NotFinite(string tensor, string what) =>
        new(
            "not-finite",
            $"Tensor '{tensor}' holds {what}.",
            "Fix the training or export run; such a weight cannot be quantized. KeepFloat leaves it as it is.",
            null);

    internal static ModelProblem UnknownRecipe(string recipe, IEnumerable<string> known) => new(
        "unknown-recipe", $"'{recipe}' is not a recipe.", $"Use one of {string.Join(", ", known)}.", null);

    internal static ModelProblem BadOption(string what, string cure) => new("bad-option", what, cure, null);

    internal static ModelProblem BudgetTooSmall(long budget, long least) =>
        new(
            "budget-too-small",
            $"A size budget of {budget} bytes cannot be met; the smallest forms take {least}.",
            $"Give at least {least} bytes, or quantize embeddings too.",
            null);

    internal static ModelProblem SameFile() => new(
        "bad-option", "The output path is the input model or one of its data files.", "Write to another path.", null);
}
