using System.Buffers.Binary;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.SelfTest;

/// <summary>A delta of two frames, written by hand: this program decodes deltas and has no code that makes them.</summary>
internal static class TinyDelta
{
    private const int Bytes = 4096;
    private const byte Copy = 0;
    private const byte Sub8 = 3;

    // `zstd -3 --no-check` of the differences.
    private const string Payload = "KLUv/WAAD90AAFAAAAEAAgADAAQABgC718oHgGKgMSgYFFwALA==";

    private static byte[] Base { get; } = [.. Enumerable.Range(0, Bytes).Select(index => (byte)(index * 7))];

    /// <summary>The base as it is, and then the base changed in one of eleven bytes.</summary>
    private static byte[] Result { get; } = [.. Base, .. Base.Select((one, index) => (byte)(one + Difference(index)))];

    /// <summary>Makes the file in a folder of its own; says how it went.</summary>
    internal static async Task<DeltaOutcome> ApplyAsync(string folder, CancellationToken cancellationToken)
    {
        var store = new ContentStore(new DataFolder(folder));
        var payload = Convert.FromBase64String(Payload);
        byte[] delta = [.. "SLMDELT1"u8, .. Head(Copy, 0), .. Head(Sub8, payload.Length), .. payload];
        await store.AddAsync(Base, cancellationToken);
        var blob = await store.AddAsync(delta, cancellationToken);
        var from = new VariantManifest("m", "1", "v", "r", default, new(default, 1), [new("w.bin", Digest.Of(Base), Bytes)]);
        var outcome = await DeltaApplier.ApplyAsync(new(new(Digest.Of(Result), Result.Length), blob), from, store, cancellationToken);
        return
            outcome.IsApplied && !(await File.ReadAllBytesAsync(store.PathOf(Digest.Of(Result)), cancellationToken)).SequenceEqual(Result)
            ? new("wrong-result", "The file has other bytes.")
            : outcome;
    }

    private static int Difference(int index) => index * index % 11 == 0 ? index % 5 : 0;

    // Op, zero, base file, payload bytes, base offset, output bytes; docs/package-format.md.
    private static byte[] Head(byte op, int payload)
    {
        var head = new byte[24];
        head[0] = op;
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), payload);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), Bytes);
        return head;
    }
}
