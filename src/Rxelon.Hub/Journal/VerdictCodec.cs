using Rxelon.Domain.Tasks;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using static Rxelon.Hub.Journal.Records;
using Proto = Rxelon.Shared.Journal;

namespace Rxelon.Hub.Journal;

/// <summary>How the events of verification are kept.</summary>
internal static class VerdictCodec
{
    internal static Proto.PartsReported Encode(PartsReported e) => new()
    {
        Parts =
        {
            Map(e.Parts, p => new Proto.PartsReported.Types.Part
            {
                Attempt = Attempt(p.Result.Attempt),
                Node = Id(p.Result.Node),
                Operator = Id(p.Result.Operator),
                Result = Blob(p.Result.Result),
                Metering = Metering(p.Result.Metering),
                Cost = p.Result.Cost.Micros,
                Signature = Bytes(p.Result.Signature),
                Stop = p.Result.Stop,
                Commitment = Bytes(p.Commitment),
                CommitSignature = Bytes(p.CommitSignature),
            }),
        },
        At = Ticks(e.At),
    };

    internal static PartsReported Decode(Proto.PartsReported m) => new(
        Map(m.Parts, p => new Reported(
            new Accepted(
                Attempt(p.Attempt),
                Node(p.Node),
                Account(p.Operator),
                Blob(p.Result),
                Metering(p.Metering),
                new Tokens(p.Cost),
                p.Signature.ToByteArray(),
                p.Stop),
            p.Commitment.ToByteArray(),
            p.CommitSignature.ToByteArray())),
        Time(m.At));

    internal static Proto.AnswersRevealed Encode(AnswersRevealed e) => new()
    {
        Answers =
        {
            Map(e.Answers, a => new Proto.AnswersRevealed.Types.Answer
            {
                Attempt = Attempt(a.Attempt), Nonce = Bytes(a.Nonce), Answer_ = Bytes(a.Answer.ToBytes()),
            }),
        },
        At = Ticks(e.At),
    };

    internal static AnswersRevealed Decode(Proto.AnswersRevealed m) => new(
        Map(m.Answers, a => new RevealedAnswer(Attempt(a.Attempt), a.Nonce.ToByteArray(), Answer.FromBytes(a.Answer_.Span))), Time(m.At));

    internal static Proto.AnswersCompared Encode(AnswersCompared e)
    {
        var m = new Proto.AnswersCompared { At = Ticks(e.At) };
        foreach (var g in e.Groups)
        {
            var group = new Proto.AnswersCompared.Types.Group
            {
                Part = g.Part,
                Classes = { Map(g.Classes, c => new Proto.AnswersCompared.Types.Class { Attempts = { Map(c, Attempt) } }) },
                Signature = Bytes(g.Signature),
            };
            if (g.By is var (attempt, node))
                (group.By, group.Node) = (Attempt(attempt), Id(node));
            m.Groups.Add(group);
        }

        return m;
    }

    internal static AnswersCompared Decode(Proto.AnswersCompared m) => new(
        Map(m.Groups, g => new Comparison(g.Part, Map(g.Classes, c => (IReadOnlyList<PartAttempt>)Map(c.Attempts, Attempt)), g.Signature.ToByteArray())
        {
            By = g.By is { } by ? (Attempt(by), Node(g.Node)) : null,
        }),
        Time(m.At));

    internal static Proto.PartsRejected Encode(PartsRejected e)
    {
        var m = new Proto.PartsRejected { At = Ticks(e.At) };
        foreach (var p in e.Parts)
        {
            var part = new Proto.PartsRejected.Types.Part { Attempt = Attempt(p.Attempt), Node = Id(p.Node), Operator = Id(p.Operator), Reason = p.Reason };
            if (p.ClosedBy is { } by)
                part.ClosedBy = by;
            m.Parts.Add(part);
        }

        return m;
    }

    internal static PartsRejected Decode(Proto.PartsRejected m) => new(
        Map(m.Parts, p => new Rejected(Attempt(p.Attempt), Node(p.Node), Account(p.Operator), p.HasClosedBy ? p.ClosedBy : null, p.Reason)),
        Time(m.At));

    internal static Proto.OperatorDistrusted Encode(OperatorDistrusted e)
    {
        var m = new Proto.OperatorDistrusted { Operator = Id(e.Operator), Withdrawn = { e.Withdrawn }, Forfeited = { e.Forfeited }, At = Ticks(e.At) };
        if (e.Elsewhere is { } node)
            m.Elsewhere = Id(node);
        return m;
    }

    internal static OperatorDistrusted Decode(Proto.OperatorDistrusted m)
        => new(Account(m.Operator), [.. m.Withdrawn], [.. m.Forfeited], Time(m.At)) { Elsewhere = m.Elsewhere.IsEmpty ? null : Node(m.Elsewhere) };
}
