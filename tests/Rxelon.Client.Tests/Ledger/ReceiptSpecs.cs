using Rxelon.Client.Ledger;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Ledger;

public sealed class ReceiptSpecs : IDisposable
{
    private readonly PaidTask _task = new();
    private readonly Receipt _good;

    public ReceiptSpecs() => _good = _task.Receipt();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void A_genuine_receipt_passes_every_check_and_says_what_happened()
    {
        var report = Report(Reread(_good));
        Assert.Null(report.Failure());
        Assert.Equal(
            ["inclusion", "subject", "completeness", "content", "order signature", "result signatures", "failure signatures"],
            report.Checks.Where(c => c.Result == CheckResult.Ok).Select(c => c.Name));
        Assert.Equal(["answers promised and shown", "comparison signatures", "account signature", "node signature"], report.Checks.Where(c => c.Result == CheckResult.NotApplicable).Select(c => c.Name));
        Assert.Equal("order taken: 'sums?[31m', 3 parts, budget 0.003 tokens, 0.003 tokens to be held", report.Entries[0].Sentence);
        Assert.Contains(report.Entries, e => e.Sentence.StartsWith("settled: part 2 paid with 0.001 tokens", StringComparison.Ordinal));
        Assert.Equal("3 verified.", report.Checks.Single(c => c.Name == "result signatures").Detail);
    }

    [Theory]
    [InlineData("payload byte", FaultCodes.ProofFailed)]
    [InlineData("salt", FaultCodes.ProofFailed)]
    [InlineData("manifest", FaultCodes.ProofFailed)]
    [InlineData("leaf time", FaultCodes.ProofFailed)]
    [InlineData("leaf kind", FaultCodes.Malformed)]
    [InlineData("path hash", FaultCodes.ProofFailed)]
    [InlineData("path length", FaultCodes.ProofFailed)]
    [InlineData("path of short hashes", FaultCodes.ProofFailed)]
    [InlineData("index", FaultCodes.ProofFailed)]
    [InlineData("entity", FaultCodes.ProofFailed)]
    [InlineData("tag key", FaultCodes.ProofFailed)]
    [InlineData("sequence number", FaultCodes.ProofFailed)]
    [InlineData("swapped", FaultCodes.ProofFailed)]
    [InlineData("twice", FaultCodes.ProofFailed)]
    [InlineData("wrong key", FaultCodes.BadSignature)]
    [InlineData("another log's checkpoint", FaultCodes.ProofFailed)]
    [InlineData("checkpoint text", FaultCodes.BadSignature)]
    [InlineData("origin", FaultCodes.ProofFailed)]
    [InlineData("pending", FaultCodes.NotYet)]
    public void Whatever_is_altered_is_refused(string what, string code)
    {
        var policy = _task.World.Policy;
        var altered = what switch
        {
            "payload byte" => With(3, e => e with { Payload = Flip(e.Payload, ^1) }),
            "salt" => With(3, e => e with { Salt = Flip(e.Salt, 0) }),
            "manifest" => With(3, e => e with { Manifest = "task.erased.1" }),
            "leaf time" => With(3, e => e with { Leaf = Flip(e.Leaf, 49) }),
            "leaf kind" => With(3, e => e with { Leaf = Flip(e.Leaf, 1) }),
            "path hash" => With(3, e => e with { Path = [Flip(e.Path[0], 0), .. e.Path.Skip(1)] }),
            "path length" => With(3, e => e with { Path = [.. e.Path.Skip(1)] }),
            "path of short hashes" => With(3, e => e with { Path = [.. e.Path.Select(p => p[..31])] }),
            "index" => With(3, e => e with { Index = e.Index + 1 }),
            "entity" => With(3, e => e with { Entity = "task-t_aaaaaaaaaaaaaaaaaaaaaaaaae" }),
            "tag key" => With(3, e => e with { TagKey = Flip(e.TagKey, 0) }),
            "sequence number" => With(3, e => e with { SequenceNr = e.SequenceNr + 1 }),
            "swapped" => _good with { Entries = [_good.Entries[0], _good.Entries[1], _good.Entries[3], _good.Entries[2], .. _good.Entries.Skip(4)] },
            "twice" => _good with { Entries = [.. _good.Entries, _good.Entries[^1]] },
            "another log's checkpoint" => Elsewhere(),
            "checkpoint text" => _good with { Checkpoint = _good.Checkpoint.Replace("hub.example/ledger\n", "hub.example/other\n", StringComparison.Ordinal) },
            "origin" => _good with { Origin = "hub.example/other" },
            "pending" => _good with { Status = Receipt.Pending },
            _ => _good,
        };
        if (what == "wrong key")
            policy = WitnessPolicy.Only(NoteKey.Of(ReceiptWorld.Origin, NoteKeyType.Ed25519, Flip(_task.World.LogKey.PublicKey, 3)));
        Assert.Equal(code, ReceiptReport.Of(Reread(altered), policy).Fault?.Code);
    }

    [Fact]
    public void A_missing_event_is_found_even_when_every_proof_holds()
    {
        for (var i = 0; i < _good.Entries.Count; i++)
        {
            if (i == _good.Entries.Count - 1 || !_good.Entries[i].Entity.StartsWith("task-", StringComparison.Ordinal))
                continue;
            var report = Report(_good with { Entries = [.. _good.Entries.Where((_, at) => at != i)] });
            var last = _good.Entries.Count(e => e.Entity.StartsWith("task-", StringComparison.Ordinal)) == (int)_good.Entries[i].SequenceNr;
            Assert.Equal(last ? CheckResult.Ok : CheckResult.Failed, report.Checks.Single(c => c.Name == "completeness").Result);
            Assert.Equal(last, report.Failure() is null);
        }
    }

    [Fact]
    public void Events_of_another_task_or_account_are_not_passed_off()
    {
        _task.World.Add("task-t_aaaaaaaaaaaaaaaaaaaaaaaaae", "task.erased.1", []);
        Assert.Contains("subject", Report(_task.World.Receipt(_task.Task.ToString())).Failure()!.Message, StringComparison.Ordinal);
        using var other = new PaidTask();
        var stranger = other.Receipt();
        other.World.Add($"account-{PaidTask.Operator(1)}", "account.closed.1", []);
        Assert.Contains("subject", Report(other.World.Receipt(stranger.Subject), other).Failure()!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kinds_that_are_not_known_are_listed_and_do_no_harm()
    {
        _task.World.Add($"task-{_task.Task}", "task.painted.7", [0xff, 0xff]);
        var report = Report(_task.World.Receipt(_task.Task.ToString()));
        Assert.Null(report.Failure());
        Assert.Equal("event of a kind this version does not know (task.painted.7)", report.Entries[^1].Sentence);
    }

    [Fact]
    public void A_known_kind_with_another_content_is_a_failure()
    {
        _task.World.Add($"task-{_task.Task}", "task.erased.1", [0xff, 0xff]);
        Assert.Contains("content", Report(_task.World.Receipt(_task.Task.ToString())).Failure()!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"format\":\"rxelon.receipt/2\"}")]
    [InlineData("{\"format\":\"rxelon.receipt/1\",\"subject\":\"t_\",\"status\":\"final\",\"origin\":\"o\",\"checkpoint\":\"c\",\"entries\":[null],\"nodeKeys\":[]}")]
    [InlineData("\u0001garbage")]
    public void What_is_no_receipt_is_refused(string json)
        => Assert.Equal(FaultCodes.Malformed, Receipt.Parse(System.Text.Encoding.UTF8.GetBytes(json)).Fault?.Code);

    [Fact]
    public void More_than_64_MiB_are_not_read()
        => Assert.Equal(FaultCodes.TooLarge, Receipt.Parse(new byte[Receipt.MaxBytes + 1]).Fault?.Code);

    private Receipt Elsewhere()
    {
        using var other = new PaidTask();
        other.World.Add("task-t_aaaaaaaaaaaaaaaaaaaaaaaaae", "task.erased.1", []);
        other.Receipt();
        return _good with { Checkpoint = other.World.Checkpoint() };
    }

    private ReceiptReport Report(Receipt receipt, PaidTask? of = null) => ReceiptReport.Of(receipt, (of ?? _task).World.Policy).Value;

    private Receipt With(int entry, Func<ReceiptEntry, ReceiptEntry> change)
        => _good with { Entries = [.. _good.Entries.Select((e, i) => i == entry ? change(e) : e)] };

    private static Receipt Reread(Receipt receipt) => Receipt.Parse(receipt.ToBytes()).Value;

    private static byte[] Flip(byte[] bytes, Index at)
    {
        byte[] changed = [.. bytes];
        changed[at] ^= 1;
        return changed;
    }
}
