using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;

namespace Rxelon.Domain.Nodes;

/// <summary>Why a node was isolated; a code is never renamed.</summary>
public static class AlarmCodes
{
    public const string ApplicationChanged = "application-changed";
    public const string ConfigurationChanged = "configuration-changed";
    public const string MeasuresMissing = "measures-missing";
    public const string ImageAltered = "image-altered";
    public const string ChallengeMissed = "challenge-missed";
    public const string LogAltered = "log-altered";
    public const string LogForked = "log-forked";
    public const string LogTruncated = "log-truncated";
    public const string LogGap = "log-gap";

    /// <summary>True when the node's operation log is what the alarm is about.</summary>
    public static bool IsOfLog(string code) => code is LogAltered or LogForked or LogTruncated or LogGap;
}

/// <summary>What a node was seen to be. <paramref name="By"/>: "first", "announced", "allowed", "itself", or the admin who approved it.</summary>
public sealed record NodeBaseline(IReadOnlyList<GroupDigest> Groups, string ClientVersion, string By, DateTimeOffset At)
{
    /// <summary>The digest of a group, or null.</summary>
    public byte[]? Of(string group) => Groups.FirstOrDefault(g => g.Group == group)?.Digest;
}

/// <summary>One finding: <paramref name="Subject"/> is the group, image or record that is not what it should be; digests may be empty.</summary>
public sealed record IntegrityAlarm(string Code, string Subject, byte[] Expected, byte[] Seen, string Message, DateTimeOffset At);

/// <summary>From the node's session: a signed report that answers a nonce. <paramref name="IsKnown"/>: the CHS allows that application.</summary>
public sealed record MeasureNode(
    NodeId Node, IReadOnlyList<GroupDigest> Groups, IReadOnlyList<string> Announced, string ClientVersion, bool IsKnown, DateTimeOffset At) : INodeCommand;

/// <summary>From the node's session: something that it checked itself does not fit. The first alarm stands until an admin clears it.</summary>
public sealed record RaiseNodeAlarm(NodeId Node, IntegrityAlarm Alarm, DateTimeOffset At) : INodeCommand;

/// <summary>By an admin: the node may work again. What it is compared with stays; a log that did not fit begins anew.</summary>
public sealed record ClearNodeAlarm(NodeId Node, string By, string Reason, DateTimeOffset At) : INodeCommand;

/// <summary>By an admin: what was seen when the alarm was raised is right from now on.</summary>
public sealed record RebaselineNode(NodeId Node, string By, DateTimeOffset At) : INodeCommand;

/// <summary>From now on the node is compared with this. An alarm about measures is over.</summary>
public sealed record NodeMeasured(IReadOnlyList<GroupDigest> Groups, string ClientVersion, string By, DateTimeOffset At) : INodeEvent;

/// <summary>The node is isolated. <paramref name="Seen"/>: all groups when measures raised it, else empty.</summary>
public sealed record NodeAlarmRaised(IntegrityAlarm Alarm, IReadOnlyList<GroupDigest> Seen, string ClientVersion, DateTimeOffset At) : INodeEvent;

public sealed record NodeAlarmCleared(string By, string Reason, DateTimeOffset At) : INodeEvent;

/// <summary>To the edge: this node does not work until an admin clears the alarm.</summary>
public sealed record NodeIsolated(IntegrityAlarm Alarm) : INodeEffect;
