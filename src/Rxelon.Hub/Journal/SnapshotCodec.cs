using System.Collections.Immutable;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Kernel;
using Rxelon.Domain.Nodes;
using Rxelon.Shared.Values;
using static Rxelon.Hub.Journal.Records;
using Proto = Rxelon.Shared.Journal;

namespace Rxelon.Hub.Journal;

/// <summary>How the states of accounts and nodes are kept as snapshots. Tasks have none: their few events are read.</summary>
internal static class SnapshotCodec
{
    internal static readonly CodecTable Table = new CodecTable()
        .Add<AccountState, Proto.AccountState>("account.state.1", Encode, Decode)
        .Add<NodeState, Proto.NodeState>("node.state.1", Encode, Decode);

    private static Proto.AccountState Encode(AccountState s)
    {
        var message = new Proto.AccountState
        {
            Id = Id(s.Id),
            Name = s.Name,
            Kind = (int)s.Kind,
            SigningKey = Bytes(s.SigningKey),
            ExchangeKey = Bytes(s.ExchangeKey),
            Keys = { s.ApiKeys.Select(AccountCodec.Key) },
            Available = s.Available.Micros,
            Held = s.Held.Micros,
            Owed = s.Owed.Micros,
            InTransit = s.InTransit.Micros,
            Earned = s.Earned.Micros,
            Spent = s.Spent.Micros,
            Granted = s.Granted.Micros,
            Sent = s.Sent.Micros,
            Burned = s.Burned.Micros,
            Grants = { s.Grants.Order(StringComparer.Ordinal) },
            Holds = { s.Holds.Select(h => Hold(h.Key, h.Value)) },
            Closed = { s.ClosedInOrder.Select(t => Id(t)) },
            Owing = { s.Owing.Select(o => new Proto.Owed { Payee = Id(o.Key), Amount = o.Value.Micros }) },
            Transit = { s.Transit.Values.Select(AccountCodec.Pay) },
            LastPayout = s.LastPayout,
            Received = { s.Received.Select(r => new Proto.AccountState.Types.Received { From = Id(r.Key), Number = r.Value }) },
        };
        if (s.OpenedAt is { } opened)
            message.OpenedAt = Ticks(opened);
        if (s.ClosedAt is { } closed)
            message.ClosedAt = Ticks(closed);
        return message;
    }

    private static AccountState Decode(Proto.AccountState m)
    {
        var closed = m.Closed.Select(Task).ToList();
        var empty = AccountState.Of(Account(m.Id));
        return empty with
        {
            OpenedAt = m.HasOpenedAt ? Time(m.OpenedAt) : null,
            ClosedAt = m.HasClosedAt ? Time(m.ClosedAt) : null,
            Name = m.Name,
            Kind = (AccountKind)m.Kind,
            SigningKey = m.SigningKey.ToByteArray(),
            ExchangeKey = m.ExchangeKey.ToByteArray(),
            ApiKeys = [.. m.Keys.Select(AccountCodec.Key)],
            Available = new Tokens(m.Available),
            Held = new Tokens(m.Held),
            Owed = new Tokens(m.Owed),
            InTransit = new Tokens(m.InTransit),
            Earned = new Tokens(m.Earned),
            Spent = new Tokens(m.Spent),
            Granted = new Tokens(m.Granted),
            Sent = new Tokens(m.Sent),
            Burned = new Tokens(m.Burned),
            Grants = [.. m.Grants],
            Holds = m.Holds.ToImmutableDictionary(h => Task(h.Task), Hold),
            ClosedInOrder = [.. closed],
            Closed = [.. closed],
            Owing = empty.Owing.AddRange(m.Owing.Select(o => KeyValuePair.Create(Account(o.Payee), new Tokens(o.Amount)))),
            Transit = empty.Transit.AddRange(m.Transit.Select(p => KeyValuePair.Create(Account(p.Payee), AccountCodec.Pay(p)))),
            LastPayout = m.LastPayout,
            Received = m.Received.ToImmutableDictionary(r => Account(r.From), r => r.Number),
        };
    }

    private static Proto.AccountState.Types.Hold Hold(Rxelon.Shared.Ids.TaskId task, HoldState hold) => new()
    {
        Task = Id(task),
        Ceiling = hold.Ceiling.Micros,
        Paid = hold.Paid.Micros,
        PaidParts = { hold.PaidParts.Words.ToArray() },
        Changes = { hold.Changes.Order(StringComparer.Ordinal) },
    };

    private static HoldState Hold(Proto.AccountState.Types.Hold m) => new(
        new Tokens(m.Ceiling), new Tokens(m.Paid), IndexSet.FromWords(m.PaidParts.ToArray()), [.. m.Changes]);

    private static Proto.NodeState Encode(NodeState s) => new()
    {
        Id = Id(s.Id),
        Standing = (int)s.Standing,
        Operator = Id(s.Operator),
        Name = s.Name,
        IdentityKey = Bytes(s.IdentityKey),
        Label = s.Label,
        TlsSpkiSha256 = Bytes(s.TlsSpkiSha256),
        EnrolledAt = Ticks(s.EnrolledAt),
        RecordedTo = Ticks(s.RecordedTo),
        OnlineMillis = s.OnlineMillis,
        BusyMillis = s.BusyMillis,
        Accepted = s.Accepted,
        Failed = s.Failed,
        Lost = s.Lost,
        Quarantine = s.Quarantine is { } q ? NodeCodec.Encode(q) : null,
        Baseline = NodeCodec.Baseline(s.Baseline),
        Alarm = NodeCodec.Alarm(s.Alarm),
        Suspect = NodeCodec.Baseline(s.Suspect),
        Log = NodeCodec.Head(s.Log),
        ReinstatedAt = s.ReinstatedAt == default ? 0 : Ticks(s.ReinstatedAt),
        LogSince = s.LogSince == default ? 0 : Ticks(s.LogSince),
    };

    private static NodeState Decode(Proto.NodeState m) => NodeState.Of(Node(m.Id)) with
    {
        Standing = (NodeStanding)m.Standing,
        Operator = Account(m.Operator),
        Name = m.Name,
        IdentityKey = m.IdentityKey.ToByteArray(),
        Label = m.Label,
        TlsSpkiSha256 = m.TlsSpkiSha256.ToByteArray(),
        EnrolledAt = Time(m.EnrolledAt),
        RecordedTo = Time(m.RecordedTo),
        OnlineMillis = m.OnlineMillis,
        BusyMillis = m.BusyMillis,
        Accepted = m.Accepted,
        Failed = m.Failed,
        Lost = m.Lost,
        Quarantine = m.Quarantine is { } q ? NodeCodec.Decode(q) : null,
        Baseline = NodeCodec.Baseline(m.Baseline),
        Alarm = NodeCodec.Alarm(m.Alarm),
        Suspect = NodeCodec.Baseline(m.Suspect),
        Log = NodeCodec.Head(m.Log),
        ReinstatedAt = m.ReinstatedAt == 0 ? default : Time(m.ReinstatedAt),
        LogSince = m.LogSince == 0 ? default : Time(m.LogSince),
    };
}
