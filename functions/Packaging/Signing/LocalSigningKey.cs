using System.Security.Cryptography;
using System.Text;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Signing;

/// <summary>A key in a PEM file (PKCS #8) that only its owner can read.</summary>
public sealed class LocalSigningKey : ISigningKey, IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MaxFileBytes = 16 << 10;
    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(10);
    private readonly ECDsa _key;
    private readonly Lock _gate = new();

    private LocalSigningKey(ECDsa key)
    {
        _key = key;
        PublicKey = PublicKey.Of(key);
    }

    /// <inheritdoc/>
    public string KeyId => PublicKey.KeyId;

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>A new key that is never written anywhere.</summary>
    public static LocalSigningKey CreateInMemory() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key from a PKCS #8 or SEC 1 PEM text.</summary>
    /// <exception cref="PackageFormatException">With <c>wrong-key</c> when it is not a P-256 private key.</exception>
    public static LocalSigningKey FromPem(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            key.ExportParameters(includePrivateParameters: true);
            return new(key);
        }
        // A curve that this system does not know is not supported, instead of wrong.
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or NotSupportedException)
        {
            key.Dispose();
            throw new PackageFormatException("wrong-key", $"The PEM does not hold an ECDSA private key: {exception.Message}");
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads the key file, or makes a key and writes it with mode 0600. Of several processes that start at once, all
    /// get the same key.
    /// </summary>
    /// <exception cref="InvalidOperationException">When other users can read the file.</exception>
    public static LocalSigningKey LoadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            Create(path);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) is not UnixFileMode.None and var mode)
        {
            throw new InvalidOperationException(
                $"Others can use the signing key '{path}' (extra mode bits: {mode}). Run: chmod 600 '{path}'");
        }

        return FromPem(Encoding.UTF8.GetString(PlainFile.ReadAll(path, MaxFileBytes)));
    }

    /// <inheritdoc/>
    public Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return Task.FromResult(_key.SignData(data.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static void Create(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        // Renaming without overwriting is no atomic step on Unix, so writers take turns. The system drops the lock of
        // a process that dies.
        using var turn = TakeTurn(path + ".lock");
        if (File.Exists(path))
        {
            return;
        }

        var temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.key");
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            Write(temporary, key.ExportPkcs8PrivateKeyPem() + "\n");
            File.Move(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static FileStream TakeTurn(string path)
    {
        FileStream? turn = null;
        return SpinWait.SpinUntil(() => (turn = TryOpen(path)) is not null, TurnTimeout)
            ? turn!
            : throw new IOException($"Another process has held '{path}' for {TurnTimeout.TotalSeconds} s.");
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    private static void Write(string path, string pem)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(pem));
        file.Flush(flushToDisk: true);
    }
}
