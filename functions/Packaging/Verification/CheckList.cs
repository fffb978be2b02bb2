namespace SlmOps.Packaging.Verification;

/// <summary>Makes checks one after another; after the first failure the others are recorded as skipped.</summary>
internal sealed class CheckList
{
    private readonly List<Check> _checks = [];
    private string? _failed;

    /// <summary>Records a check; its reason says what was compared.</summary>
    internal void Add(string name, Func<(bool Passed, string Reason)> check)
    {
        if (_failed is not null)
        {
            _checks.Add(new(name, CheckOutcome.Skipped, $"Not checked, because {_failed} failed."));
            return;
        }

        var (passed, reason) = Run(check);
        _checks.Add(new(name, passed ? CheckOutcome.Passed : CheckOutcome.Failed, reason));
        _failed = passed ? null : name;
    }

    internal Verdict ToVerdict() => new(_checks);

    private static (bool Passed, string Reason) Run(Func<(bool Passed, string Reason)> check)
    {
        try
        {
            return check();
        }
        catch (PackageFormatException exception)
        {
            return (false, $"{exception.Code}: {exception.Message}");
        }
    }
}
