namespace SlmOps.Cli.Push;

/// <summary>
/// How a file goes to storage in blocks: small ones as long as the service's 50,000 reach, larger ones from there on. Pure.
/// </summary>
/// <param name="Length">Bytes of the file.</param>
/// <param name="BlockBytes">Bytes of every block but the last.</param>
internal sealed record BlockPlan(long Length, int BlockBytes)
{
    /// <summary>Most blocks of a blob.</summary>
    internal const int MostBlocks = 50_000;

    /// <summary>What the storage SDK takes as well: small enough to be sent again, large enough to keep a line busy.</summary>
    internal const int LeastBlockBytes = 8 << 20;

    /// <summary>A block is held in memory while it is sent. The service would take 4,000 MiB.</summary>
    internal const int MostBlockBytes = 256 << 20;

    /// <summary>Most bytes of a file: 12.2 TiB.</summary>
    internal const long MostBytes = (long)MostBlocks * MostBlockBytes;

    private const int Step = 1 << 20;

    /// <summary>Blocks of the file; one that fits into one block needs none.</summary>
    internal int Count => IsWhole ? 0 : (int)((Length + BlockBytes - 1) / BlockBytes);

    /// <summary>Whether it goes in one request.</summary>
    internal bool IsWhole => Length <= BlockBytes;

    /// <exception cref="CliException">When it is larger than a blob may be.</exception>
    internal static BlockPlan Of(string name, long length)
    {
        if (length > MostBytes)
        {
            throw new CliException($"{name} has {length} bytes; push sends files of {MostBytes} bytes at most.", ExitCode.Usage);
        }

        var least = (length + MostBlocks - 1) / MostBlocks;
        return new(length, (int)Math.Max(LeastBlockBytes, (least + Step - 1) / Step * Step));
    }

    /// <summary>Where a block lies in the file.</summary>
    internal (long Offset, int Bytes) Place(int block)
    {
        var offset = (long)block * BlockBytes;
        return (offset, (int)Math.Min(BlockBytes, Length - offset));
    }

    /// <summary>Blocks that may be in memory at once.</summary>
    /// <param name="largest">Bytes of the largest block.</param>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="memory">Bytes that they may take together.</param>
    internal static int Parallel(int largest, int wanted, long memory) => (int)Math.Clamp(memory / largest, 1, wanted);
}
