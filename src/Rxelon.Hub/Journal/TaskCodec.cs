using Rxelon.Domain.Tasks;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;
using static Rxelon.Hub.Journal.Records;
using Proto = Rxelon.Shared.Journal;

namespace Rxelon.Hub.Journal;

/// <summary>How a task's events are kept.</summary>
internal static class TaskCodec
{
    internal static readonly CodecTable Table = new CodecTable()
        .Add<TaskSubmitted, Proto.TaskSubmitted>("task.submitted.1", Encode, Decode)
        .Add<PartsAdded, Proto.PartsAdded>("task.parts-added.1", Encode, Decode)
        .Add<PartsAssigned, Proto.PartsAssigned>("task.parts-assigned.1", Encode, Decode)
        .Add<KeysReleased, Proto.KeysReleased>("task.keys-released.1", Encode, Decode)
        .Add<PartsAccepted, Proto.PartsAccepted>("task.parts-accepted.1", Encode, Decode)
        .Add<PartsReported, Proto.PartsReported>("task.parts-reported.1", VerdictCodec.Encode, VerdictCodec.Decode)
        .Add<AnswersRevealed, Proto.AnswersRevealed>("task.answers-revealed.1", VerdictCodec.Encode, VerdictCodec.Decode)
        .Add<AnswersCompared, Proto.AnswersCompared>("task.answers-compared.1", VerdictCodec.Encode, VerdictCodec.Decode)
        .Add<PartsRejected, Proto.PartsRejected>("task.parts-rejected.1", VerdictCodec.Encode, VerdictCodec.Decode)
        .Add<PartsSpared, Proto.PartsSpared>(
            "task.parts-spared.1",
            e => new Proto.PartsSpared { Parts = { Map(e.Parts, SparedPart) }, At = Ticks(e.At) },
            m => new PartsSpared(Map(m.Parts, p => new Spared(p.Part_, p.ClosedBy, p.HasStopped ? p.Stopped : null)), Time(m.At)))
        .Add<OperatorDistrusted, Proto.OperatorDistrusted>("task.operator-distrusted.1", VerdictCodec.Encode, VerdictCodec.Decode)
        .Add<AttemptsFailed, Proto.AttemptsFailed>("task.attempts-failed.1", Encode, Decode)
        .Add<AttemptsResumed, Proto.AttemptsResumed>("task.attempts-resumed.1", Encode, Decode)
        .Add<TaskAdjusted, Proto.TaskAdjusted>("task.adjusted.1", Encode, Decode)
        .Add<TaskEnded, Proto.TaskEnded>(
            "task.ended.1",
            e => new Proto.TaskEnded { Phase = (int)e.Phase, Reason = Fault(e.Reason), At = Ticks(e.At) },
            m => new TaskEnded((TaskPhase)m.Phase, Fault(m.Reason), Time(m.At)))
        .Add<SettlementRecorded, Proto.SettlementRecorded>(
            "task.settlement-recorded.1",
            e => new Proto.SettlementRecorded { Number = e.Number, Parts = { e.Parts }, At = Ticks(e.At) },
            m => new SettlementRecorded(m.Number, [.. m.Parts], Time(m.At)))
        .Add<TaskErased, Proto.TaskErased>(
            "task.erased.1",
            e => new Proto.TaskErased { Reason = e.Reason, At = Ticks(e.At) },
            m => new TaskErased(m.Reason, Time(m.At)));

    private static Proto.TaskSubmitted Encode(TaskSubmitted e) => new()
    {
        Owner = Id(e.Submission.Owner),
        Spec = Bytes(e.Submission.SpecBytes),
        Parts = { Map(e.Submission.Parts, Blob) },
        Program = Blob(e.Submission.Program),
        VaultKey = Bytes(e.Submission.VaultKey),
        OwnerKey = Bytes(e.Submission.OwnerKey),
        Budget = e.Submission.Budget.Micros,
        SigningKey = Bytes(e.Submission.SigningKey),
        Signature = Bytes(e.Submission.Signature),
        Price = new Proto.PriceTerms
        {
            MinAsk = e.Price.MinAskPerCoreHour.Micros,
            MaxAsk = e.Price.MaxAskPerCoreHour.Micros,
            DemandPermille = e.Price.DemandPermille,
            TierPermille = e.Price.TierPermille,
            FeePermille = e.Price.FeePermille,
        },
        Hold = e.Hold.Micros,
        At = Ticks(e.At),
        CheckSeed = Bytes(e.CheckSeed),
    };

    private static Proto.PartsSpared.Types.Part SparedPart(Spared p)
    {
        var part = new Proto.PartsSpared.Types.Part { Part_ = p.Part, ClosedBy = p.ClosedBy };
        if (p.Stopped is { } stopped)
            part.Stopped = stopped;
        return part;
    }

    private static TaskSubmitted Decode(Proto.TaskSubmitted m) => new(
        new Submission(
            Account(m.Owner),
            m.Spec.ToByteArray(),
            Map(m.Parts, Blob),
            Blob(m.Program),
            m.VaultKey.ToByteArray(),
            m.OwnerKey.ToByteArray(),
            new Tokens(m.Budget),
            m.SigningKey.ToByteArray(),
            m.Signature.ToByteArray()),
        new PriceTerms(
            new Tokens(m.Price.MinAsk),
            new Tokens(m.Price.MaxAsk),
            m.Price.DemandPermille,
            m.Price.TierPermille,
            m.Price.FeePermille),
        new Tokens(m.Hold),
        Time(m.At))
    {
        CheckSeed = m.CheckSeed.ToByteArray(),
    };

    private static Proto.PartsAdded Encode(PartsAdded e)
    {
        var m = new Proto.PartsAdded { First = e.First, At = Ticks(e.At) };
        foreach (var p in e.Parts)
        {
            var part = new Proto.PartsAdded.Types.Part
            {
                Stage = p.Stage,
                Round = p.Round,
                Index = p.Index,
                Needs = { Map(p.Needs, n => new Proto.PartsAdded.Types.Range { First = n.First, Count = n.Count }) },
            };
            if (p.Source is { } source)
                part.Source = source;
            if (p.Carry is { } carry)
                part.Carry = carry;
            if (p.CheckOf is { } checkOf)
                part.CheckOf = checkOf;
            part.Compares.AddRange(p.Compares?.Select(c => new Proto.Attempt { Part = c.Part, Number = c.Attempt }) ?? []);
            m.Parts.Add(part);
        }

        return m;
    }

    private static PartsAdded Decode(Proto.PartsAdded m) => new(
        m.First,
        Map(m.Parts, p => new PartOrigin(
            p.Stage, p.Round, p.Index, p.HasSource ? p.Source : null, Map(p.Needs, n => new PartRange(n.First, n.Count)), p.HasCarry ? p.Carry : null,
            p.HasCheckOf ? p.CheckOf : null)
        {
            Compares = p.Compares.Count > 0 ? Map(p.Compares, c => new ResultAttempt(c.Part, c.Number)) : null,
        }),
        Time(m.At));

    private static Proto.PartsAssigned Encode(PartsAssigned e) => new()
    {
        Parts =
        {
            Map(e.Parts, p => new Proto.PartsAssigned.Types.Part
            {
                Attempt = Attempt(p.Attempt),
                Node = Id(p.Node),
                Operator = Id(p.Operator),
                Session = p.Session,
                Ask = p.AskPerCoreHour.Micros,
            }),
        },
        At = Ticks(e.At),
    };

    private static PartsAssigned Decode(Proto.PartsAssigned m) => new(
        Map(m.Parts, p => new Assigned(
            Attempt(p.Attempt), Node(p.Node), Account(p.Operator), p.Session, new Tokens(p.Ask))),
        Time(m.At));

    private static Proto.KeysReleased Encode(KeysReleased e) => new()
    {
        Releases =
        {
            Map(e.Releases, r => new Proto.KeysReleased.Types.Release
            {
                Attempt = Attempt(r.Attempt), Node = Id(r.Node), SessionKey = Bytes(r.SessionKey), ByOwner = r.ByOwner,
            }),
        },
        At = Ticks(e.At),
    };

    private static KeysReleased Decode(Proto.KeysReleased m) => new(
        Map(m.Releases, r => new Released(Attempt(r.Attempt), Node(r.Node), r.SessionKey.ToByteArray(), r.ByOwner)), Time(m.At));

    private static Proto.PartsAccepted Encode(PartsAccepted e) => new()
    {
        Parts =
        {
            Map(e.Parts, p => new Proto.PartsAccepted.Types.Part
            {
                Attempt = Attempt(p.Attempt),
                Node = Id(p.Node),
                Operator = Id(p.Operator),
                Result = Blob(p.Result),
                Metering = Metering(p.Metering),
                Cost = p.Cost.Micros,
                Signature = Bytes(p.Signature),
                Stop = p.Stop,
            }),
        },
        At = Ticks(e.At),
    };

    private static PartsAccepted Decode(Proto.PartsAccepted m) => new(
        Map(m.Parts, p => new Accepted(
            Attempt(p.Attempt),
            Node(p.Node),
            Account(p.Operator),
            Blob(p.Result),
            Metering(p.Metering),
            new Tokens(p.Cost),
            p.Signature.ToByteArray(),
            p.Stop)),
        Time(m.At));

    private static Proto.AttemptsFailed Encode(AttemptsFailed e) => new()
    {
        Failures =
        {
            Map(e.Failures, f => new Proto.AttemptsFailed.Types.Failure
            {
                Attempt = Attempt(f.Attempt),
                Node = Id(f.Node),
                Fault = Fault(f.Fault),
                Log = f.Log is { } log ? Blob(log) : null,
                Signature = Bytes(f.Signature),
                NodeDied = f.NodeDied,
                Checkpoint = f.Checkpoint is { } left ? Blob(left) : null,
                CheckpointSignature = Bytes(f.CheckpointSignature),
            }),
        },
        At = Ticks(e.At),
    };

    private static AttemptsFailed Decode(Proto.AttemptsFailed m) => new(
        Map(m.Failures, f => new Failed(
            Attempt(f.Attempt),
            Node(f.Node),
            Fault(f.Fault),
            f.Log is null ? null : Blob(f.Log),
            f.Signature.ToByteArray())
        {
            NodeDied = f.NodeDied,
            Checkpoint = f.Checkpoint is null ? null : Blob(f.Checkpoint),
            CheckpointSignature = f.CheckpointSignature.ToByteArray(),
        }),
        Time(m.At));

    private static Proto.AttemptsResumed Encode(AttemptsResumed e) => new()
    {
        Attempts = { Map(e.Attempts, Attempt) },
        Node = Id(e.Node),
        Session = e.Session,
        At = Ticks(e.At),
        Survived = { Map(e.Survived, Attempt) },
    };

    private static AttemptsResumed Decode(Proto.AttemptsResumed m)
        => new(Map(m.Attempts, Attempt), Node(m.Node), m.Session, Time(m.At)) { Survived = Map(m.Survived, Attempt) };

    private static Proto.TaskAdjusted Encode(TaskAdjusted e) => new()
    {
        CommandId = e.CommandId,
        Tier = (int)e.Tier,
        BudgetMax = e.BudgetMax.Micros,
        Hold = e.Hold.Micros,
        DeadlineSeconds = e.DeadlineSeconds,
        At = Ticks(e.At),
    };

    private static TaskAdjusted Decode(Proto.TaskAdjusted m) => new(
        m.CommandId,
        (Tier)m.Tier,
        new Tokens(m.BudgetMax),
        new Tokens(m.Hold),
        m.DeadlineSeconds,
        Time(m.At));
}
