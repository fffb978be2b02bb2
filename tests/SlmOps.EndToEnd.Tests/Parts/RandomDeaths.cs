using System.Globalization;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>
/// Says who dies when: a number of deaths, spread over requests that change something and over the lives of model processes. Between
/// two deaths lies enough for a message to be worked on, since one that died too often counts as poison.
/// </summary>
internal sealed class RandomDeaths(int count, int seed)
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private int _hosts;
    private int _workers;
    private int _before;
    private int _wait = 20;
    private bool _childIsNext;

    internal int Children { get; private set; }

    internal bool AreLeft => Hosts + Children < count;

    private int Hosts => _hosts + _workers;

    /// <summary>What a request leads to; null lets everything live.</summary>
    internal Death? At(Mutation _, LastingHost lasting)
    {
        lock (_gate)
        {
            if (!AreLeft || _childIsNext || lasting.Current is not { } host || --_wait > 0)
            {
                return null;
            }

            var kind = _random.Next(8);
            if (kind < 3)
            {
                // As soon as a model runs; the next look finds it somewhere in its life.
                _childIsNext = true;
                return null;
            }

            _wait = 25 + _random.Next(50);
            var victim = kind < 6 ? Victim.Worker : kind == 6 ? Victim.Host : Victim.Both;
            (_hosts, _workers) = victim == Victim.Worker ? (_hosts, _workers + 1) : (_hosts + 1, _workers);
            var after = _random.Next(2) == 0;
            _before += after ? 0 : 1;
            return new(after, () => host.KillAsync(victim));
        }
    }

    /// <summary>Kills the model processes of a host when it is their turn.</summary>
    internal void Look(HostProcess host)
    {
        lock (_gate)
        {
            if (_childIsNext && host.KillChild(_random) is true)
            {
                (_childIsNext, _wait) = (false, 5 + _random.Next(20));
                Children++;
            }
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {seed}: {_hosts} deaths of the host, {_workers} of the worker ({_before} of them before the deed), {Children} of model processes");
}
