using System.Globalization;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// Which log is believed, and which witnesses must have vouched for a checkpoint (C2SP tlog-policy, draft): lines
/// <c>log VKEY [URL]</c>, <c>witness NAME VKEY [URL]</c>, <c>group NAME all|any|K MEMBER…</c> and <c>quorum NAME|none</c>. A member is
/// declared above the group that names it, so groups cannot go round in circles; it is in one group at most, and no key is declared
/// twice, so that nobody counts twice.
/// </summary>
public sealed class WitnessPolicy
{
    private const int MaxLines = 1_000;
    private const int MaxLine = 1_024;
    private static readonly char[] Blanks = [' ', '\t'];

    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);

    private WitnessPolicy()
    {
    }

    /// <summary>The log's keys; more than one during a rotation.</summary>
    public IReadOnlyList<NoteKey> Logs { get; private init; } = [];

    /// <summary>Name, key and where to reach it, when the policy says.</summary>
    public IReadOnlyList<(string Name, NoteKey Key, string? Url)> Witnesses { get; private init; } = [];

    /// <summary>The group or witness that decides; null when none is needed.</summary>
    public string? Quorum { get; private init; }

    /// <summary>A policy of one log and no witnesses.</summary>
    public static WitnessPolicy Only(NoteKey log) => new() { Logs = [log] };

    /// <summary>The same witnesses and quorum for other keys of the log: those after a rotation.</summary>
    public WitnessPolicy WithLogs(IReadOnlyList<NoteKey> logs)
    {
        var policy = new WitnessPolicy { Logs = logs, Witnesses = Witnesses, Quorum = Quorum };
        foreach (var (name, member) in _members)
            policy._members.Add(name, member);
        return policy;
    }

    /// <summary>Reads a policy. Fault: malformed, naming the line.</summary>
    public static Outcome<WitnessPolicy> Parse(string text)
    {
        var logs = new List<NoteKey>();
        var witnesses = new List<(string, NoteKey, string?)>();
        var members = new Dictionary<string, Member>(StringComparer.Ordinal);
        var grouped = new HashSet<string>(StringComparer.Ordinal);
        string? quorum = null;
        if (text.AsSpan().Count('\n') >= MaxLines || text.Length > MaxLines * MaxLine)
            return new Fault(FaultCodes.TooLarge, $"A policy has at most {MaxLines} lines.", Culprit.Input);
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var words = lines[i].Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0].StartsWith('#'))
                continue;
            var why = words switch
            {
                _ when lines[i].Any(c => c < ' ' && c != '\t') => "it has control characters",
                ["log", var key, ..] when words.Length <= 3 => Log(key, logs),
                ["witness", var name, var key, ..] when words.Length <= 4 => Witness(name, key, words.ElementAtOrDefault(3), witnesses, members),
                ["group", var name, var needed, .. var named] => Group(name, needed, named, members, grouped),
                ["quorum", var name] when quorum is null && (name == "none" || members.ContainsKey(name)) => Set(out quorum, name),
                _ => "this is no line of a policy, or it names what is not declared above it",
            };
            if (why is not null)
                return new Fault(FaultCodes.Malformed, string.Create(CultureInfo.InvariantCulture, $"Line {i + 1} of the policy: {why}."), Culprit.Input);
        }

        if (logs.Count == 0 || quorum is null)
            return new Fault(FaultCodes.Malformed, "A policy names at least one log, and a quorum (or 'quorum none').", Culprit.Input);
        var policy = new WitnessPolicy { Logs = logs, Witnesses = witnesses, Quorum = quorum == "none" ? null : quorum };
        foreach (var (name, member) in members)
            policy._members.Add(name, member);
        return policy;
    }

    /// <summary>
    /// The note's checkpoint, when a known log of that origin signed it and the quorum vouched for it. Fault: bad-signature,
    /// malformed, or not-yet when witnesses are missing.
    /// </summary>
    public Outcome<Checkpoint> Check(SignedNote note)
    {
        var signers = note.Verify(Logs);
        if (signers.Fault is { } unsigned)
            return unsigned;
        var checkpoint = Checkpoint.Parse(note.Text);
        if (checkpoint.Fault is { } malformed)
            return malformed;
        // A policy's log speaks for the origin that its key is named after, and for no other.
        if (!signers.Value.Any(k => k.Name == checkpoint.Value.Origin))
            return new Fault(FaultCodes.BadSignature, $"No log of this policy signs for the origin '{checkpoint.Value.Origin}'.", Culprit.Input);
        return Quorum is null || Holds(_members[Quorum], note)
            ? checkpoint
            : new Fault(FaultCodes.NotYet, $"The quorum '{Quorum}' of witnesses has not vouched for this checkpoint.", Culprit.None, Retryable: true);
    }

    /// <summary>True when these witnesses together make up the quorum.</summary>
    public bool IsQuorum(IReadOnlySet<string> witnesses) => Quorum is null || Holds(Quorum, witnesses);

    /// <summary>The fewest witnesses that make up the quorum; 0 when none is needed.</summary>
    public int Needed() => Quorum is null ? 0 : Needed(Quorum);

    private int Needed(string name)
        => _members[name] is { Key: null } group ? group.Of.Select(Needed).Order().Take(group.Needed).Sum() : 1;

    /// <summary>The same policy for a log with these keys.</summary>
    public WitnessPolicy For(IReadOnlyList<NoteKey> logs)
    {
        var policy = new WitnessPolicy { Logs = logs, Witnesses = Witnesses, Quorum = Quorum };
        foreach (var (name, member) in _members)
            policy._members.Add(name, member);
        return policy;
    }

    private bool Holds(string name, IReadOnlySet<string> witnesses)
        => _members[name] is { Key: null } group ? group.Of.Count(m => Holds(m, witnesses)) >= group.Needed : witnesses.Contains(name);

    private bool Holds(Member member, SignedNote note) => member.Key is { } key
        ? Cosignature.Verify(note, key) is not null
        : member.Of.Count(name => Holds(_members[name], note)) >= member.Needed;

    private static string? Log(string vkey, List<NoteKey> logs)
    {
        var key = NoteKey.Parse(vkey);
        if (key.Fault is { } fault)
            return fault.Message;
        if (key.Value.Type != NoteKeyType.Ed25519)
            return "a log's key is of type 1";
        if (logs.Any(l => l.PublicKey.AsSpan().SequenceEqual(key.Value.PublicKey)))
            return "this key is another log's";
        logs.Add(key.Value);
        return null;
    }

    private static string? Witness(
        string name, string vkey, string? url, List<(string, NoteKey, string?)> witnesses, Dictionary<string, Member> members)
    {
        var key = NoteKey.Parse(vkey);
        if (key.Fault is { } fault)
            return fault.Message;
        if (key.Value.Type != NoteKeyType.Cosignature)
            return "a witness's key is of type 4";
        if (witnesses.Any(w => w.Item2.PublicKey.AsSpan().SequenceEqual(key.Value.PublicKey)))
            return "this key is another witness's";
        witnesses.Add((name, key.Value, url));
        return members.TryAdd(name, new Member(key.Value, 1, [])) && name != "none" ? null : $"'{name}' is declared twice or reserved";
    }

    private static string? Group(string name, string needed, string[] named, Dictionary<string, Member> members, HashSet<string> grouped)
    {
        var count = needed switch
        {
            "all" => named.Length,
            "any" => 1,
            _ => int.TryParse(needed, NumberStyles.None, CultureInfo.InvariantCulture, out var k) ? k : 0,
        };
        if (count < 1 || count > named.Length || !named.All(m => members.ContainsKey(m) && grouped.Add(m)))
            return "a group is all, any or a number of members that are declared above it, and nobody is in two places";
        return members.TryAdd(name, new Member(null, count, named)) && name != "none" ? null : $"'{name}' is declared twice or reserved";
    }

    private static string? Set(out string? quorum, string name)
    {
        quorum = name;
        return null;
    }

    private sealed record Member(NoteKey? Key, int Needed, IReadOnlyList<string> Of);
}
