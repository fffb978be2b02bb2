namespace SlmOps.Packaging.Tests.Tamper;

/// <summary>What an attacker or a bad disk does to files.</summary>
internal static class Mutation
{
    internal static readonly string[] Kinds = ["flip", "truncate", "extend", "swap", "omit", "overwrite"];

    /// <summary>Changes one file of a set; null when the change would change nothing.</summary>
    internal static string? Apply<TKey>(Dictionary<TKey, byte[]> files, Random random)
        where TKey : notnull
    {
        var keys = files.Keys.ToList();
        var (one, other) = (keys[random.Next(keys.Count)], keys[random.Next(keys.Count)]);
        var bytes = files[one];
        var kind = Kinds[random.Next(Kinds.Length)];
        byte[]? changed = kind switch
        {
            "flip" when bytes.Length > 0 => Flip(bytes, random),
            "truncate" when bytes.Length > 0 => bytes[..random.Next(bytes.Length)],
            "extend" => [.. bytes, .. Tail(random)],
            "overwrite" when bytes.Length > 0 => Overwrite(bytes, random),
            "swap" => files[other],
            _ => null,
        };
        if (kind == "omit")
        {
            files.Remove(one);
            return $"omit {one}";
        }

        if (changed is null || changed.AsSpan().SequenceEqual(bytes))
        {
            return null;
        }

        if (kind == "swap")
        {
            files[other] = bytes;
        }

        files[one] = changed;
        return $"{kind} {one}";
    }

    private static byte[] Flip(byte[] bytes, Random random)
    {
        var changed = (byte[])bytes.Clone();
        changed[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        return changed;
    }

    private static byte[] Overwrite(byte[] bytes, Random random)
    {
        var changed = (byte[])bytes.Clone();
        var start = random.Next(bytes.Length);
        random.NextBytes(changed.AsSpan(start, random.Next(1, Math.Min(64, bytes.Length - start) + 1)));
        return changed;
    }

    private static byte[] Tail(Random random) => random.Next(4) switch
    {
        0 => " "u8.ToArray(),
        1 => "\n"u8.ToArray(),
        2 => [0],
        _ => new byte[random.Next(1, 5000)],
    };
}
