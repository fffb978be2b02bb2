using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Inference.Samples;

namespace SlmOps.Inference.Trials;

/// <summary>
/// Runs a model that is no language model on inputs that are the same everywhere. The recorded file: for each output of each
/// set of inputs a little-endian int32, how many numbers, then so many float64.
/// </summary>
internal static class OutputPass
{
    private const string Name = "outputs";

    internal static TrialPass Run(
        InferenceSession session, string modelPath, TrialRequest request, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var inputs = SampleSource.For(
            session, modelPath, TensorPort.From(session.InputMetadata), request.Samples with { GuessUnknown = true }, cancellationToken);
        var outputs = TensorPort.From(session.OutputMetadata).Values.Where(port => TensorData.IsNumeric(port.Type))
            .Select(port => port.Name).ToList();
        using var record = request.Record is { } folder ? File.Create(Path.Combine(folder, Name)) : null;
        var references = request.References.Select(reference => File.OpenRead(Path.Combine(reference, Name))).ToList();
        try
        {
            var sums = references.Select(_ => new DifferenceSums()).ToList();
            using var bits = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var finite = true;
            for (var sample = 0; sample < inputs.Count; sample++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var values = inputs.Create(sample);
                using var results = ModelSession.Run(session, modelPath, values.Inputs, outputs);
                foreach (var result in results)
                {
                    var numbers = TensorData.AsDoubles(result);
                    finite &= numbers.All(double.IsFinite);
                    bits.AppendData(MemoryMarshal.AsBytes<double>(numbers));
                    Write(record, numbers, request.MostRecordBytes);
                    for (var r = 0; r < references.Count; r++)
                    {
                        Compare(sums[r], references[r], numbers);
                    }
                }

                progress.Report((sample + 1.0) / inputs.Count);
            }

            return new(
                inputs.Count, finite, Convert.ToHexStringLower(bits.GetHashAndReset()),
                [.. sums.Select(sum => new TrialDifference(null, null, null, null, null, null, sum.Result("").SqnrDb))]);
        }
        finally
        {
            references.ForEach(file => file.Dispose());
        }
    }

    private static void Write(FileStream? record, double[] numbers, long most)
    {
        if (record is null)
        {
            return;
        }

        if (record.Length + (numbers.Length * (long)sizeof(double)) > most)
        {
            throw new ArgumentException($"The outputs have more than the {most} bytes that are kept to compare with.");
        }

        Span<byte> count = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(count, numbers.Length);
        record.Write(count);
        record.Write(MemoryMarshal.AsBytes<double>(numbers));
    }

    private static void Compare(DifferenceSums sums, FileStream reference, double[] numbers)
    {
        Span<byte> count = stackalloc byte[sizeof(int)];
        var expected = new double[numbers.Length];
        // A reference with another number of outputs is no reference: the same model gave another shape.
        if (reference.ReadAtLeast(count, sizeof(int), throwOnEndOfStream: false) < sizeof(int)
            || BinaryPrimitives.ReadInt32LittleEndian(count) != numbers.Length
            || reference.ReadAtLeast(MemoryMarshal.AsBytes(expected.AsSpan()), numbers.Length * sizeof(double), throwOnEndOfStream: false)
                < numbers.Length * sizeof(double))
        {
            sums.MarkIncomparable();
            reference.Seek(0, SeekOrigin.End);
            return;
        }

        sums.Add(expected, numbers);
    }
}
