using System.Globalization;

namespace SlmOps.Inference.Sandbox;

/// <summary>
/// A control group (version 2) of one process, where the system lets this one make groups: memory is then bounded with
/// everything the kernel holds for it, and the group can be killed at once. Elsewhere there is none.
/// </summary>
internal sealed class ControlGroup : IDisposable
{
    private const string Root = "/sys/fs/cgroup";
    private const string Membership = "/proc/self/cgroup";

    private readonly string _folder;

    private ControlGroup(string folder) => _folder = folder;

    /// <summary>Null where groups cannot be made.</summary>
    internal static ControlGroup? TryCreate(int process, long memoryBytes, int threads, string root = Root, string membership = Membership)
    {
        try
        {
            if (!OperatingSystem.IsLinux() || !File.Exists(membership) || ParentFolder(root, membership) is not { } parent)
            {
                return null;
            }

            var folder = Directory.CreateDirectory(Path.Combine(parent, $"slmops-{process}")).FullName;
            var group = new ControlGroup(folder);
            try
            {
                group.Write("memory.max", memoryBytes);
                group.Write("memory.swap.max", 0);
                group.Write("pids.max", threads);
                group.Write("cgroup.procs", process);
                return group;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                group.Dispose();
                return null;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>True when the kernel ended a process of the group for want of memory.</summary>
    internal bool RanOutOfMemory
    {
        get
        {
            try
            {
                return File.ReadLines(Path.Combine(_folder, "memory.events"))
                    .Any(line => line.StartsWith("oom_kill ", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    /// <summary>Kills what is left of the group and removes it.</summary>
    public void Dispose()
    {
        try
        {
            Write("cgroup.kill", 1);
            Directory.Delete(_folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It empties when its process is gone; an empty group costs nothing.
        }
    }

    /// <summary>
    /// The own group or the one above it: groups with processes may have no children with controllers, so that a service
    /// to which groups are delegated usually runs in a leaf beside which others may be made.
    /// </summary>
    private static string? ParentFolder(string root, string membership)
    {
        const string Unified = "0::/";
        var line = File.ReadLines(membership).FirstOrDefault(line => line.StartsWith(Unified, StringComparison.Ordinal));
        if (line is null)
        {
            return null;
        }

        var own = Path.Combine(root, line[Unified.Length..]).TrimEnd('/');
        var above = own.Length > root.Length ? Path.GetDirectoryName(own) : null;
        return new[] { own, above }.OfType<string>().FirstOrDefault(HasControllers);
    }

    private static bool HasControllers(string folder)
    {
        var file = Path.Combine(folder, "cgroup.subtree_control");
        return File.Exists(file)
            && File.ReadAllText(file).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries) is var controllers
            && controllers.Contains("memory")
            && controllers.Contains("pids");
    }

    private void Write(string file, long value) =>
        File.WriteAllText(Path.Combine(_folder, file), value.ToString(CultureInfo.InvariantCulture));
}
