using Rxelon.Domain.Nodes;
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
            },
            m => new NodeWindowRecorded(
                new NodeWindow(
                    Time(m.From), Time(m.To), m.OnlineMillis, m.Accepted, m.Failed, m.Lost, m.BusyMillis),
                Time(m.At)));

    internal static Proto.NodeQuarantined Encode(NodeQuarantined e)
        => new() { Task = Id(e.Task), Part = e.Part, Attempt = e.Attempt, Reason = e.Reason, At = Ticks(e.At) };

    internal static NodeQuarantined Decode(Proto.NodeQuarantined m) => new(Task(m.Task), m.Part, m.Attempt, m.Reason, Time(m.At));
}
