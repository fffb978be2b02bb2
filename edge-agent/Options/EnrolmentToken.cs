using System.Text;

namespace SlmOps.EdgeAgent.Options;

/// <summary>The token to enrol with: from the environment, else from a file that is the agent's alone.</summary>
internal static class EnrolmentToken
{
    private const int MaxBytes = 4096;

    /// <summary>The token, or null where none is wanted; what is wrong with its file is added to the mistakes.</summary>
    internal static string? Read(string? token, string? file, List<string> mistakes)
    {
        if (!string.IsNullOrEmpty(token) || file is null)
        {
            return string.IsNullOrEmpty(token) ? null : token;
        }

        try
        {
            if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead))
            {
                mistakes.Add($"--token-file '{file}' can be read by every user of this machine. Run: chmod 600 '{file}'");
                return null;
            }

            using var stream = File.OpenRead(file);
            var bytes = new byte[MaxBytes + 1];
            var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            var text = Encoding.UTF8.GetString(bytes, 0, read).Trim();
            if (text.Length is > 0 and < MaxBytes && text.All(c => c is > ' ' and <= '~'))
            {
                return text;
            }

            mistakes.Add($"--token-file '{file}' does not hold a token: one line of at most {MaxBytes - 1} characters without spaces.");
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"--token-file '{file}' cannot be read: {unread.Message}");
        }

        return null;
    }
}
