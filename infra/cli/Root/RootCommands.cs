using System.CommandLine;
using SlmOps.Packaging;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Cli.Root;

/// <summary><c>slmops root init|rotate|trust</c>: the ceremony with the offline keys. Nothing here needs a network.</summary>
internal static class RootCommands
{
    private const int DefaultDays = 365;

    internal static Command Build() =>
        new("root", "Make and rotate the root of the freshness metadata, with keys that stay offline.") { Init(), Rotate(), Trust() };

    private static Command Init()
    {
        var keys = Keys("Private root key, a PEM file; made with mode 0600 when it does not exist. Give all of them", required: true);
        var options = new RootOptions(required: true);
        var command = new Command(
            "init",
            "Write 1.root.json, which devices ship: who may sign releases and who says day by day that the list is new.")
        {
            keys,
        };
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            using var signers = Signers.Open(parsed.GetValue(keys)!, create: true);
            var roles = options.Roles(parsed, null, [.. signers.Keys.Select(key => key.PublicKey)]);
            var root = await RootCeremony.InitAsync(roles, signers.Keys, options.Expires(parsed), cancellationToken);
            return Written(parsed.GetValue(options.Json), RootCeremony.Save(parsed.GetValue(options.Folder)!, root), roles);
        }));
        return command;
    }

    private static Command Rotate()
    {
        var keys = Keys(
            "Private root key that signs, a PEM file: enough of the last root's keys, and enough of the new one's",
            required: true);
        var rootKeys = new Option<string[]>("--root-key")
        {
            Description = "Public or private root key of the new root; all of them, unless they stay the same",
            HelpName = "FILE",
        };
        var options = new RootOptions(required: false);
        var command = new Command(
            "rotate",
            "Write the next N.root.json over those in the folder: other keys, or the same ones for another year.")
        {
            keys,
            rootKeys,
        };
        options.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                Guard.RunAsync(async () =>
                {
                    var folder = parsed.GetValue(options.Folder)!;
                    if (RootCeremony.Newest(folder) is not { } last)
                    {
                        throw new CliException(
                            $"{folder} holds no 1.root.json; put every published root there, or begin with slmops root init.",
                            ExitCode.Usage);
                    }

                    using var signers = Signers.Open(parsed.GetValue(keys)!, create: false);
                    var roles = options.Roles(parsed, last.Root.Roles, [.. (parsed.GetValue(rootKeys) ?? []).Select(PublicKeyFile.Read)]);
                    var root = await RootCeremony
                        .RotateAsync(last.Root, roles, signers.Keys, options.Expires(parsed), cancellationToken);
                    return Written(parsed.GetValue(options.Json), RootCeremony.Save(folder, root), roles);
                }));
        return command;
    }

    private static Command Trust()
    {
        var release = Required("--release", "Public release key, a PEM file");
        var director = Required("--director", "Public director key, a PEM file");
        var root = Required("--root", "The 1.root.json that devices begin with");
        var target = new Option<string>("--out") { Description = "File to write", HelpName = "FILE" };
        target.DefaultValueFactory = _ => "trust.json";
        var command = new Command("trust", "Write the trust.json that devices need from both public keys and the first root.")
        {
            release,
            director,
            root,
            target,
        };
        command.SetAction((parsed, _) => Guard.RunAsync(() =>
        {
            var path = parsed.GetValue(root)!;
            var bytes = File.Exists(path)
                ? PlainFile.ReadAll(path, TufFileName.MaxBytes)
                : throw new CliException($"There is no {path}.", ExitCode.Usage);
            TufRoot.Read(bytes);
            var (releaseKey, directorKey) = (PublicKeyFile.Read(parsed.GetValue(release)!), PublicKeyFile.Read(parsed.GetValue(director)!));
            new TrustRoots(releaseKey, directorKey, bytes).Save(parsed.GetValue(target)!);
            Terminal.Open(json: false).Say($"{parsed.GetValue(target)} is what devices trust.");
            return Task.FromResult(ExitCode.Done);
        }));
        return command;
    }

    private static int Written(bool json, string path, TufRoles roles)
    {
        var terminal = Terminal.Open(json);
        terminal.Say(
            $"{path}: {roles.Root.Threshold} of {roles.Root.Keys.Count} root keys. Upload it as metadata/{Path.GetFileName(path)} of "
                + "container packages."
        );
        terminal.Result(
            new
            {
                Path = path,
                roles.Root.Threshold,
                RootKeys = roles.Root.Keys.Select(key => key.KeyId),
            }
        );
        return ExitCode.Done;
    }

    private static Option<string[]> Keys(string description, bool required) =>
        new("--key") { Description = description, HelpName = "FILE", Required = required };

    private static Option<string> Required(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "FILE",
            Required = true,
        };

    /// <summary>What both ways to make a root ask for.</summary>
    private sealed class RootOptions(bool required)
    {
        private readonly Option<string?> _release = Public("--release", "Public key that signs the list of releases", required);
        private readonly Option<string?> _online = Public("--online", "Public key that signs snapshot and timestamp", required);
        private readonly Option<int?> _threshold = new("--threshold")
        {
            Description = "How many root keys must sign a later root (2 unless given)",
            HelpName = "N",
        };
        private readonly Option<int> _days = new("--days")
        {
            Description = "Days until devices refuse this root",
            HelpName = "N",
            DefaultValueFactory = _ => DefaultDays,
        };

        internal Option<string> Folder { get; } =
            new("--out")
            {
                Description = "Folder of the root files",
                HelpName = "FOLDER",
                DefaultValueFactory = _ => "root",
            };

        internal Option<bool> Json { get; } =
            new("--json") { Description = "Print the path, threshold and key ids as JSON on standard output" };

        internal void AddTo(Command command)
        {
            foreach (var option in new Option[] { _release, _online, _threshold, _days, Folder, Json })
            {
                command.Options.Add(option);
            }
        }

        internal DateTimeOffset Expires(ParseResult parsed) => parsed.GetValue(_days) is > 0 and <= 3650 and var days
            ? TimeProvider.System.GetUtcNow().AddDays(days)
            : throw new CliException("--days takes 1 to 3650.", ExitCode.Usage);

        internal TufRoles Roles(ParseResult parsed, TufRoles? last, IReadOnlyList<PublicKey> rootKeys)
        {
            const int Threshold = 2;
            var root = new TufRole(
                rootKeys.Count > 0 ? [.. rootKeys.Distinct()] : last!.Root.Keys,
                parsed.GetValue(_threshold) ?? last?.Root.Threshold ?? Threshold);
            var online = Role(parsed.GetValue(_online), last?.Timestamp);
            return new(root, Role(parsed.GetValue(_release), last?.Targets), online, online);
        }

        private static TufRole Role(string? path, TufRole? otherwise) => path is null ? otherwise! : new([PublicKeyFile.Read(path)], 1);

        private static Option<string?> Public(string name, string description, bool required) =>
            new(name)
            {
                Description = required ? $"{description}, a PEM file" : $"{description}, a PEM file; stays the same unless given",
                HelpName = "FILE",
                Required = required,
            };
    }

    /// <summary>Private keys of one command, gone from memory at its end.</summary>
    private sealed class Signers(IReadOnlyList<LocalSigningKey> keys) : IDisposable
    {
        internal IReadOnlyList<LocalSigningKey> Keys => keys;

        internal static Signers Open(IReadOnlyList<string> paths, bool create)
        {
            try
            {
                return new([.. paths.Select(path => create || File.Exists(path)
                    ? LocalSigningKey.LoadOrCreate(path)
                    : throw new CliException($"There is no key at {path}.", ExitCode.Usage))]);
            }
            catch (InvalidOperationException readable)
            {
                throw new CliException(readable.Message);
            }
            catch (PackageFormatException refused)
            {
                throw new CliException($"{string.Join(", ", paths)}: {refused.Message}", ExitCode.Usage);
            }
        }

        public void Dispose()
        {
            foreach (var key in keys)
            {
                key.Dispose();
            }
        }
    }
}
