using Rxelon.Domain.Nodes;
using Rxelon.Shared.Integrity;
using static Rxelon.Hub.Journal.Records;
using Proto = Rxelon.Shared.Journal;

namespace Rxelon.Hub.Journal;

/// <summary>How a node's events are kept.</summary>
internal static class NodeCodec
{
    internal static readonly CodecTable Table = new CodecTable()
        .Add<NodeEnrolled, Proto.NodeEnrolled>(
            "node.enrolled.1",
            e => new Proto.NodeEnrolled
            {
                Operator = Id(e.Operator),
                Name = e.Name,
                IdentityKey = Bytes(e.IdentityKey),
                Label = e.Label,
                TlsSpkiSha256 = Bytes(e.TlsSpkiSha256),
                Approved = e.Approved,
                At = Ticks(e.At),
                Signed = e.Signed is { } s
                    ? new Proto.NodeEnrolled.Types.Enrolment { TokenSha256 = Bytes(s.TokenSha256), Signature = Bytes(s.Signature) }
                    : null,
            },
            m => new NodeEnrolled(
                Account(m.Operator),
                m.Name,
                m.IdentityKey.ToByteArray(),
                m.Label,
                m.TlsSpkiSha256.ToByteArray(),
                m.Approved,
                Time(m.At),
                m.Signed is { } s ? new EnrolmentSignature(s.TokenSha256.ToByteArray(), s.Signature.ToByteArray()) : null))
        .Add<NodeApproved, Proto.NodeApproved>(
            "node.approved.1",
            e => new Proto.NodeApproved { By = e.By, At = Ticks(e.At) },
            m => new NodeApproved(m.By, Time(m.At)))
        .Add<NodeRevoked, Proto.NodeRevoked>(
            "node.revoked.1",
            e => new Proto.NodeRevoked { By = e.By, Reason = e.Reason, At = Ticks(e.At) },
            m => new NodeRevoked(m.By, m.Reason, Time(m.At)))
        .Add<NodeRenewed, Proto.NodeRenewed>(
            "node.renewed.1",
            e => new Proto.NodeRenewed { TlsSpkiSha256 = Bytes(e.TlsSpkiSha256), At = Ticks(e.At) },
            m => new NodeRenewed(m.TlsSpkiSha256.ToByteArray(), Time(m.At)))
        .Add<NodeQuarantined, Proto.NodeQuarantined>("node.quarantined.1", Encode, Decode)
        .Add<NodeReinstated, Proto.NodeReinstated>(
            "node.reinstated.1",
            e => new Proto.NodeReinstated { By = e.By, Reason = e.Reason, At = Ticks(e.At) },
            m => new NodeReinstated(m.By, m.Reason, Time(m.At)))
        .Add<NodeWindowRecorded, Proto.NodeWindowRecorded>(
            "node.window-recorded.1",
            e => new Proto.NodeWindowRecorded
            {
                From = Ticks(e.Window.From),
                To = Ticks(e.Window.To),
                OnlineMillis = e.Window.OnlineMillis,
                Accepted = e.Window.Accepted,
                Failed = e.Window.Failed,
                Lost = e.Window.Lost,
                BusyMillis = e.Window.BusyMillis,
                At = Ticks(e.At),
                Log = Head(e.Log),
            },
            m => new NodeWindowRecorded(
                new NodeWindow(
                    Time(m.From), Time(m.To), m.OnlineMillis, m.Accepted, m.Failed, m.Lost, m.BusyMillis),
                Time(m.At),
                Head(m.Log)))
        .Add<NodeMeasured, Proto.NodeMeasured>(
            "node.measured.1",
            e => Baseline(new NodeBaseline(e.Groups, e.ClientVersion, e.By, e.At))!,
            m => new NodeMeasured([.. m.Groups.Select(Group)], m.ClientVersion, m.By, Time(m.At)))
        .Add<NodeAlarmRaised, Proto.NodeAlarmRaised>(
            "node.alarm-raised.1",
            e => new Proto.NodeAlarmRaised { Alarm = Alarm(e.Alarm), Seen = { e.Seen.Select(Group) }, ClientVersion = e.ClientVersion, At = Ticks(e.At) },
            m => new NodeAlarmRaised(Alarm(m.Alarm)!, [.. m.Seen.Select(Group)], m.ClientVersion, Time(m.At)))
        .Add<NodeAlarmCleared, Proto.NodeAlarmCleared>(
            "node.alarm-cleared.1",
            e => new Proto.NodeAlarmCleared { By = e.By, Reason = e.Reason, At = Ticks(e.At) },
            m => new NodeAlarmCleared(m.By, m.Reason, Time(m.At)));

    internal static Proto.NodeQuarantined Encode(NodeQuarantined e)
        => new() { Task = Id(e.Task), Part = e.Part, Attempt = e.Attempt, Reason = e.Reason, At = Ticks(e.At) };

    internal static NodeQuarantined Decode(Proto.NodeQuarantined m) => new(Task(m.Task), m.Part, m.Attempt, m.Reason, Time(m.At));

    internal static Proto.OperationHead? Head(OperationHead? head) => head is null ? null : new Proto.OperationHead
    {
        Count = (long)head.Count,
        Hash = Bytes(head.Hash),
        UnixMillis = head.UnixMillis,
        Signature = Bytes(head.Signature),
    };

    internal static OperationHead? Head(Proto.OperationHead? m)
        => m is null ? null : new OperationHead((ulong)m.Count, m.Hash.ToByteArray(), m.UnixMillis, m.Signature.ToByteArray());

    internal static Proto.NodeMeasured? Baseline(NodeBaseline? b) => b is null ? null : new Proto.NodeMeasured
    {
        Groups = { b.Groups.Select(Group) },
        ClientVersion = b.ClientVersion,
        By = b.By,
        At = Ticks(b.At),
    };

    internal static NodeBaseline? Baseline(Proto.NodeMeasured? m)
        => m is null ? null : new NodeBaseline([.. m.Groups.Select(Group)], m.ClientVersion, m.By, Time(m.At));

    internal static Proto.IntegrityAlarm? Alarm(IntegrityAlarm? a) => a is null ? null : new Proto.IntegrityAlarm
    {
        Code = a.Code,
        Subject = a.Subject,
        Expected = Bytes(a.Expected),
        Seen = Bytes(a.Seen),
        Message = a.Message,
        At = Ticks(a.At),
    };

    internal static IntegrityAlarm? Alarm(Proto.IntegrityAlarm? m)
        => m is null ? null : new IntegrityAlarm(m.Code, m.Subject, m.Expected.ToByteArray(), m.Seen.ToByteArray(), m.Message, Time(m.At));

    private static Proto.GroupDigest Group(GroupDigest g) => new() { Group = g.Group, Digest = Bytes(g.Digest) };

    private static GroupDigest Group(Proto.GroupDigest m) => new(m.Group, m.Digest.ToByteArray());
}
