using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference;

/// <summary>What a port of a decoder must look like; everything else is refused by name.</summary>
internal sealed class PortChecks(string modelPath)
{
    internal TensorPort Integers(TensorPort port, int rank, int openAxis)
    {
        if (port.Type is not (TensorElementType.Int32 or TensorElementType.Int64))
        {
            throw Unsupported("unsupported-type", $"has '{port.Name}' of type {port.Type}; int32 or int64 is needed.");
        }

        if (port.Rank != rank)
        {
            throw Unsupported("unsupported-shape", $"has '{port.Name}' with shape {port.ShapeText}; {rank} dimension(s) are needed.");
        }

        if (rank == 2)
        {
            Batch(port);
        }

        if (port.Dimensions[openAxis] >= 0)
        {
            throw Unsupported(
                "unsupported-shape",
                $"fixes the length of '{port.Name}' to {port.Dimensions[openAxis]}. Export it with dynamic axes.");
        }

        return port;
    }

    internal TensorPort Flag(TensorPort port) =>
        port.Type != TensorElementType.Bool
            ? throw Unsupported("unsupported-type", $"has '{port.Name}' of type {port.Type}; bool is needed.")
            : port.Rank > 1
                ? throw Unsupported("unsupported-shape", $"has '{port.Name}' with shape {port.ShapeText}; one value is needed.")
                : port;

    internal TensorPort Scalar(TensorPort port) =>
        port.Type is not (TensorElementType.Int32 or TensorElementType.Int64)
            ? throw Unsupported("unsupported-type", $"has '{port.Name}' of type {port.Type}; int32 or int64 is needed.")
            : port.Rank > 1
                ? throw Unsupported("unsupported-shape", $"has '{port.Name}' with shape {port.ShapeText}; one value is needed.")
                : port;

    internal TensorPort Logits(TensorPort port)
    {
        Float(port);
        return port.Rank == 3
            ? port
            : throw Unsupported(
                "unsupported-shape",
                $"gives '{port.Name}' with shape {port.ShapeText}; [batch, sequence, vocabulary] is needed.");
    }

    internal CachePort Cache(TensorPort past, TensorPort present, int? kvHeads, int? headSize)
    {
        Float(past);
        if (past.Type != present.Type)
        {
            throw Unsupported("unsupported-type", $"takes '{past.Name}' as {past.Type} but gives '{present.Name}' as {present.Type}.");
        }

        if (past.Rank != 4)
        {
            throw Unsupported(
                "unsupported-shape",
                $"has '{past.Name}' with shape {past.ShapeText}; [batch, heads, past, head size] is needed.");
        }

        Batch(past);
        if (past.Dimensions[2] >= 0)
        {
            throw Unsupported(
                "unsupported-shape",
                $"fixes the past length of '{past.Name}' to {past.Dimensions[2]}. Export it with dynamic axes.");
        }

        return new(past.Name, present.Name, past.Type, Known(1, kvHeads, "heads"), Known(3, headSize, "head size"));

        int Known(int axis, int? configured, string what)
        {
            var fixedSize =
                past.Dimensions[axis] > 0 ? past.Dimensions[axis]
                : present.Rank == 4 && present.Dimensions[axis] > 0 ? present.Dimensions[axis]
                : configured;
            return fixedSize
                ?? throw Unsupported(
                    "unsupported-shape",
                    $"leaves the {what} of '{past.Name}' {past.ShapeText} open. Put the model's config.json beside it or state the "
                        + "number in the options."
                );
        }
    }

    internal ModelOpenException Unsupported(string code, string what) => new(code, modelPath, $"'{modelPath}' {what}");

    private void Batch(TensorPort port)
    {
        if (port.Dimensions[0] is not (-1 or 1))
        {
            throw Unsupported(
                "unsupported-shape",
                $"fixes the batch of '{port.Name}' to {port.Dimensions[0]}; 1 or a dynamic axis is needed.");
        }
    }

    private void Float(TensorPort port)
    {
        if (port.Type is not (TensorElementType.Float or TensorElementType.Float16 or TensorElementType.BFloat16))
        {
            throw Unsupported("unsupported-type", $"has '{port.Name}' of type {port.Type}; float32, float16 or bfloat16 is needed.");
        }
    }
}
