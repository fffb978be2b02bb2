using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Tests.Tamper;

/// <summary>
/// Seeded changes to whole layouts and archives. A layout that is accepted afterwards holds nothing but what was there before, or
/// names what nobody vouches for; the long run is explicit: <c>SlmOps.Packaging.Tests -explicit only -class "*LayoutTamperTests"</c>.
/// </summary>
public sealed class LayoutTamperTests(ITestOutputHelper output) : IDisposable
{
    private const string Index = "index.json";
    private const string Marker = "oci-layout";

    private readonly TemporaryFolder _folder = new();
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Layout_AnyChange_IsRefusedOrNamed() => await LayoutsAsync(seed: 1, cases: 250);

    [Fact]
    public async Task Archive_AnyChange_IsRefusedOrNamed() => await ArchivesAsync(seed: 2, cases: 50);

    [Fact(Explicit = true)]
    public async Task Everything_TwentyThousandChanges_IsRefusedOrNamed()
    {
        await LayoutsAsync(Campaign.Seed(21), Campaign.Cases(17_000));
        await ArchivesAsync(Campaign.Seed(22), Campaign.Cases(3_000));
    }

    private async Task LayoutsAsync(int seed, int cases)
    {
        var (good, older) = await GoodAsync();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var random = new Random(seed);
        for (var count = 0; count < cases; count++)
        {
            var files = new Dictionary<string, byte[]>(good);
            var changes = new List<string>();
            for (var times = random.Next(4) == 0 ? 2 : 1; times > 0; times--)
            {
                changes.Add(Change(files, older, random) ?? "nothing");
            }

            var ended = await JudgeAsync(good, files, $"case {count}: {string.Join(", ", changes)}");
            counts[ended] = counts.GetValueOrDefault(ended) + 1;
        }

        output.WriteLine($"layouts, seed {seed}: {string.Join(", ", counts.Select(one => $"{one.Value} {one.Key}"))}");
    }

    private async Task ArchivesAsync(int seed, int cases)
    {
        var (good, _) = await GoodAsync();
        await OciArchive.WriteAsync(_folder["layout"], _folder["good.tar"], Stop);
        var archive = await File.ReadAllBytesAsync(_folder["good.tar"], Stop);
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var random = new Random(seed);
        for (var count = 0; count < cases; count++)
        {
            var file = new Dictionary<string, byte[]> { ["tar"] = archive };
            var change = random.Next(2) == 0 ? Header(file, random) : Mutation.Apply(file, random);
            await File.WriteAllBytesAsync(_folder["bad.tar"], file.GetValueOrDefault("tar", []), Stop);
            string ended;
            try
            {
                await OciArchive.ReadAsync(_folder["bad.tar"], _folder["unpacked"], Stop);
                ended = "imported, then " + await JudgeAsync(good, Read(_folder["unpacked"]), $"archive, case {count}: {change}");
                Directory.Delete(_folder["unpacked"], recursive: true);
            }
            catch (Exception refused) when (refused is PackageFormatException or InvalidDataException)
            {
                Assert.False(Directory.Exists(_folder["unpacked"]), $"archive, case {count}: {change}: something is left.");
                ended = "refused by import";
            }

            counts[ended] = counts.GetValueOrDefault(ended) + 1;
        }

        output.WriteLine($"archives, seed {seed}: {string.Join(", ", counts.Select(one => $"{one.Value} {one.Key}"))}");
    }

    /// <summary>Refused, or accepted with every difference either taken away or named; anything else fails.</summary>
    private async Task<string> JudgeAsync(Dictionary<string, byte[]> good, Dictionary<string, byte[]> files, string what)
    {
        var store = new MemoryBlobStore { Blobs = Blobs(files) };
        LayoutVerdict verdict;
        try
        {
            verdict = await LayoutVerifier.VerifyAsync(
                new(
                    files.GetValueOrDefault(Index, []),
                    files.GetValueOrDefault(Marker),
                    [.. files.Keys.Where(path => path is not (Index or Marker))]),
                store, _key.PublicKey, Stop);
        }
        catch (PackageFormatException)
        {
            return "no layout";
        }

        if (!verdict.IsAccepted)
        {
            return "refused";
        }

        var named = verdict.Beside.Select(beside => beside.Name).ToHashSet();
        var before = LayoutIndex.Read(good[Index]).ToDictionary(entry => entry.Name);
        foreach (var entry in LayoutIndex.Read(files[Index]).Where(entry => !named.Contains(entry.Name)))
        {
            Assert.True(before.TryGetValue(entry.Name, out var was) && was.Blob == entry.Blob, $"{what}: the name {entry.Name} is taken.");
        }

        foreach (var (path, bytes) in files.Where(file => file.Key != Index && !named.Contains(file.Key)))
        {
            Assert.True(
                path == Marker || (good.TryGetValue(path, out var was) && was.AsSpan().SequenceEqual(bytes)),
                $"{what}: {path} holds other bytes and is not named.");
        }

        return verdict.Beside.Count > 0 ? "accepted, with what nobody vouches for named" : "accepted as it was";
    }

    private static string? Change(Dictionary<string, byte[]> files, Dictionary<string, byte[]> older, Random random)
    {
        switch (random.Next(10))
        {
            case 0:
                // A file of another release that the same key signed.
                var (path, bytes) = older.ElementAt(random.Next(older.Count));
                files[path] = bytes;
                return $"replay {path}";
            case 1:
                var stray = $"blobs/sha256/{Digest.Of(BitConverter.GetBytes(random.Next())).Hex}";
                files[stray] = [1, 2, 3];
                return $"stray {stray}";
            case 2 or 3 or 4:
                return Rename(files, random);
            default:
                return Mutation.Apply(files, random);
        }
    }

    /// <summary>Changes the names of the layout themselves, as whoever may write to it can.</summary>
    private static string? Rename(Dictionary<string, byte[]> files, Random random)
    {
        List<LayoutEntry> entries;
        try
        {
            entries = [.. LayoutIndex.Read(files.GetValueOrDefault(Index, []))];
        }
        catch (PackageFormatException)
        {
            return null;
        }

        if (entries.Count == 0)
        {
            return null;
        }

        var (one, other) = (random.Next(entries.Count), random.Next(entries.Count));
        var kind = random.Next(6);
        switch (kind)
        {
            case 0:
                entries.RemoveAt(one);
                break;
            case 1:
                entries.Add(entries[one] with { Name = $"tag-{random.Next()}" });
                break;
            case 2:
                entries[one] = entries[one] with { Blob = entries[other].Blob };
                break;
            case 3:
                entries[one] = entries[one] with { MediaType = entries[other].MediaType };
                break;
            case 4:
                entries[one] = entries[one] with { Annotations = entries[other].Annotations };
                break;
            default:
                entries[one] = entries[one] with { Name = entries[other].Name };
                break;
        }

        files[Index] = LayoutIndex.Write(entries);
        return $"rename {kind} of {one} and {other}";
    }

    /// <summary>Changes a header of the archive and makes its checksum right again.</summary>
    private static string Header(Dictionary<string, byte[]> file, Random random)
    {
        var bytes = (byte[])file["tar"].Clone();
        var headers = Enumerable.Range(0, bytes.Length / 512).Where(block => bytes.AsSpan(block * 512 + 257, 5).SequenceEqual("ustar"u8)).ToArray();
        var header = bytes.AsSpan(headers[random.Next(headers.Length)] * 512, 512);
        var at = random.Next(345);
        header[at] = (byte)(random.Next(2) == 0 ? random.Next(256) : "0123456789/.\0 \u0080g"[random.Next(15)]);
        header.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var one in header)
        {
            sum += one;
        }

        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
        file["tar"] = bytes;
        return $"header byte {at}";
    }

    private static Dictionary<Digest, byte[]> Blobs(Dictionary<string, byte[]> files)
    {
        var blobs = new Dictionary<Digest, byte[]>();
        foreach (var (path, bytes) in files)
        {
            if (path.StartsWith("blobs/sha256/", StringComparison.Ordinal) && Digest.TryParse($"sha256:{path[13..]}", out var digest))
            {
                blobs[digest] = bytes;
            }
        }

        return blobs;
    }

    private static Dictionary<string, byte[]> Read(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(folder, path).Replace('\\', '/'), File.ReadAllBytes);

    /// <summary>A layout of a release with every attestation and a delta, and one of an older release.</summary>
    private async Task<(Dictionary<string, byte[]> Good, Dictionary<string, byte[]> Older)> GoodAsync()
    {
        var store = new FolderBlobStore(_folder["store"]) { IsDurable = false };
        var (older, variants) = await Samples.ReleaseAsync(store, _key);
        await LayoutWriter.WriteAsync(older, store, _folder["older"], Stop);
        var release = await Samples.AttestedReleaseAsync(store, _key);
        await LayoutWriter.WriteAsync(release, store, _folder["layout"], Stop);
        using var folder = Samples.ModelFolder(1);
        var weights = await File.ReadAllBytesAsync(folder["weights/L00.bin"], Stop);
        weights[7] ^= 1;
        folder.With("weights/L00.bin", weights);
        var from = await VariantPackager.PackAsync(folder.Root, Samples.Description() with { Version = "0.9.0" }, store, Stop);
        var to = ReleaseReader.ReadIndex(await store.ReadAsync(release.Digest, 1 << 20, Stop)).Variants[0].Manifest;
        await LayoutWriter.AddDeltaAsync((await DeltaPackager.WriteAsync(from.Manifest, to, store, Stop))!, store, _folder["layout"], Stop);
        return (Read(_folder["layout"]), Read(_folder["older"]));
    }
}
