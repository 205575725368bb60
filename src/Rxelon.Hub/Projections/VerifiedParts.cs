using Rxelon.Domain.Tasks;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Projections;

/// <summary>
/// What the index must know of single parts of a verified task: which are checks, which results wait for a verdict and what each costs,
/// since later events take some of them back. A row of its own for each part: a batch reads and writes those that its events name.
/// </summary>
/// <param name="stored">What is stored of a part; null: nothing.</param>
/// <param name="checksAccepted">As stored with the task.</param>
internal sealed class VerifiedParts(Func<int, (int Known, long Cost)?> stored, int checksAccepted)
{
    private readonly Dictionary<int, (Known Known, Tokens Cost)> _parts = [];
    private readonly HashSet<int> _changed = [];

    /// <summary>Stored as a number: new flags take new bits.</summary>
    [Flags]
    private enum Known
    {
        None = 0,
        Check = 1,
        Reported = 2,
        Accepted = 4,
    }

    /// <summary>How many checks are accepted.</summary>
    internal int ChecksAccepted { get; private set; } = checksAccepted;

    /// <summary>What has to be stored: flags, and cost in micro-tokens.</summary>
    internal IEnumerable<(int Part, int Known, long Cost)> Changed => _changed.Select(p => (p, (int)_parts[p].Known, _parts[p].Cost.Micros));

    /// <summary>Of a task that is submitted just now.</summary>
    internal static VerifiedParts None() => new(_ => null, 0);

    /// <summary>Takes note of the checks among these parts; how many there are.</summary>
    internal int Add(int first, IReadOnlyList<PartOrigin> origins)
    {
        var checks = 0;
        for (var i = 0; i < origins.Count; i++)
        {
            if (origins[i].CheckOf is null)
                continue;
            checks++;
            Put(first + i, Known.Check, Tokens.Zero);
        }

        return checks;
    }

    internal void Report(PartsReported e)
    {
        foreach (var p in e.Parts)
            Set(p.Result.Attempt.Part, Known.Reported, p.Result.Cost);
    }

    /// <summary>How many of them had been reported before and so are not under way any more.</summary>
    internal int Accept(PartsAccepted e)
    {
        var waited = e.Parts.Count(p => Is(p.Attempt.Part, Known.Reported));
        foreach (var p in e.Parts)
            Set(p.Attempt.Part, Known.Accepted, p.Cost);
        return waited;
    }

    /// <summary>How many of them were reported results and not attempts under way.</summary>
    internal int Fail(AttemptsFailed e)
    {
        var reported = e.Failures.Where(f => Is(f.Attempt.Part, Known.Reported)).ToList();
        foreach (var f in reported)
            Set(f.Attempt.Part, Known.None, Tokens.Zero);
        return reported.Count;
    }

    /// <summary>How many parts were closed by another's result.</summary>
    internal int Reject(PartsRejected e)
    {
        foreach (var p in e.Parts)
            Set(p.Attempt.Part, p.ClosedBy is null ? Known.None : Known.Accepted, Tokens.Zero);
        return e.Parts.Count(p => p.ClosedBy is not null);
    }

    /// <summary>These parts were closed by others' results.</summary>
    internal void Spare(PartsSpared e)
    {
        foreach (var p in e.Parts)
            Set(p.Part, Known.Accepted, Tokens.Zero);
    }

    /// <summary>How many accepted parts are open again, and what the task costs less.</summary>
    internal (int Parts, Tokens Cost) Distrust(OperatorDistrusted e)
    {
        var open = e.Withdrawn.Where(p => Is(p, Known.Accepted)).ToList();
        var cost = Tokens.Sum(open.Concat(e.Forfeited).Select(p => Of(p).Cost));
        foreach (var p in e.Withdrawn)
            Set(p, Known.None, Tokens.Zero);
        foreach (var p in e.Forfeited)
            Set(p, Known.Accepted, Tokens.Zero);
        return (open.Count, cost);
    }

    private bool Is(int part, Known known) => Of(part).Known.HasFlag(known);

    private void Set(int part, Known known, Tokens cost) => Put(part, (Of(part).Known & Known.Check) | known, cost);

    private void Put(int part, Known known, Tokens cost)
    {
        if (Of(part).Known.HasFlag(Known.Check | Known.Accepted))
            ChecksAccepted--;
        if (known.HasFlag(Known.Check | Known.Accepted))
            ChecksAccepted++;
        _parts[part] = (known, cost);
        _changed.Add(part);
    }

    private (Known Known, Tokens Cost) Of(int part)
    {
        if (!_parts.TryGetValue(part, out var known))
            _parts[part] = known = stored(part) is var (flags, cost) ? ((Known)flags, new Tokens(cost)) : default;
        return known;
    }
}
