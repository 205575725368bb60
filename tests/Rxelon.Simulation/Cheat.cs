namespace Rxelon.Simulation;

/// <summary>How a dishonest node behaves.</summary>
public enum Cheat
{
    /// <summary>Fakes every part.</summary>
    Always,

    /// <summary>Fakes one part in ten, at random.</summary>
    Selective,

    /// <summary>Is honest for its first eight parts and fakes everything afterwards.</summary>
    Delayed,

    /// <summary>Fakes every part, and all colluders give the same wrong answer.</summary>
    Colluding,

    /// <summary>Fakes every third part; once caught, comes back under a new identity after a time.</summary>
    Whitewashing,
}

/// <summary>What a network is made of and what it is asked to do. All of it is printed with the results.</summary>
public sealed record Scenario
{
    public required Shared.Workloads.VerifySpec Verify { get; init; }

    /// <summary>Kinds of cheats, in equal shares of the dishonest nodes.</summary>
    public required IReadOnlyList<Cheat> Cheats { get; init; }

    /// <summary>Dishonest nodes in thousandths.</summary>
    public required int CheatersPermille { get; init; }

    /// <summary>Each node belongs to an operator of its own.</summary>
    public int Nodes { get; init; } = 2_000;

    public int Tasks { get; init; } = 2;

    public int PartsPerTask { get; init; } = 20_000;

    /// <summary>Honest results that are wrong all the same, such as by a memory error, in millionths.</summary>
    public int ErrorsPerMillion { get; init; } = 20;

    /// <summary>What computing a part costs an honest node, in thousandths of its pay. A fake costs nothing.</summary>
    public int CostPermille { get; init; } = 500;

    /// <summary>How long a whitewasher needs for a new identity.</summary>
    public TimeSpan Rejoin { get; init; } = TimeSpan.FromMinutes(10);

    public int Seed { get; init; } = 1;

    /// <summary>Compares what the matcher was told change by change with the whole, all the time; slow.</summary>
    public bool Audits { get; init; }
}

/// <summary>What came of it.</summary>
/// <param name="Parts">User's parts that were accepted.</param>
/// <param name="Runs">Attempts that delivered a result.</param>
/// <param name="Fakes">Results that were faked or wrong.</param>
/// <param name="WrongAccepted">User's parts whose accepted result is wrong.</param>
/// <param name="Cheaters">Dishonest identities that faked at least once.</param>
/// <param name="Caught">How many of them were accused.</param>
/// <param name="HonestAccused">Honest nodes that were accused.</param>
/// <param name="HonestGain">Mean gain of an honest node that worked: pay less cost, in micro-tokens an hour.</param>
/// <param name="CheaterGain">The same of a dishonest one, over all its identities.</param>
/// <param name="Unfinished">Tasks that did not complete.</param>
public sealed record Findings(
    long Parts, long Runs, long Fakes, long WrongAccepted, int Cheaters, int Caught, int HonestAccused, double HonestGain, double CheaterGain, int Unfinished)
{
    /// <summary>Why the first of those ended; null when all completed.</summary>
    public string? Reason { get; init; }

    /// <summary>Results computed for each part that the user wanted, less one.</summary>
    public double Overhead => Parts == 0 ? 0 : ((double)Runs / Parts) - 1;

    /// <summary>Of the dishonest identities that faked, those accused.</summary>
    public double CatchRate => Cheaters == 0 ? 1 : (double)Caught / Cheaters;

    /// <summary>Of the user's parts, those with a wrong result.</summary>
    public double WrongRate => Parts == 0 ? 0 : (double)WrongAccepted / Parts;

    /// <summary>What cheating pays compared with honest work.</summary>
    public double GainRatio => HonestGain == 0 ? 0 : CheaterGain / HonestGain;
}
