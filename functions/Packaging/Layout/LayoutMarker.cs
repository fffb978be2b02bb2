using SlmOps.Packaging.Format;
using SlmOps.Packaging.Verification;

namespace SlmOps.Packaging.Layout;

/// <summary>The file <c>oci-layout</c>, by which other tools know a layout.</summary>
internal static class LayoutMarker
{
    internal const string FileName = "oci-layout";
    private const string Version = "1.0.0";

    internal const int MaxBytes = 4096;

    internal static readonly byte[] Bytes = """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray();

    /// <summary>Whether it says what an OCI image-layout says.</summary>
    internal static Check Check(byte[] bytes)
    {
        try
        {
            var version = StrictJson.Parse(bytes.AsSpan().Trim(" \t\r\n"u8), MaxBytes, FileName).Text("imageLayoutVersion");
            return version == Version
                ? new(FileName, CheckOutcome.Passed, $"It says version {Version}.")
                : new(FileName, CheckOutcome.Failed, $"It says version '{StrictJson.Shown(version)}'; expected {Version}.");
        }
        catch (PackageFormatException exception)
        {
            return new(FileName, CheckOutcome.Failed, $"{exception.Code}: {exception.Message}");
        }
    }
}
