using System.Text;
using Rxelon.Client.Ledger.Witnessing;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Ledger;

public sealed class SuccessionSpecs : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestLog _old = new();
    private readonly WitnessStore _store;
    private readonly Witness _witness;

    public SuccessionSpecs()
    {
        WitnessStore.Create(_folder["state"], "w.test").Value.Dispose();
        _store = WitnessStore.Open(_folder["state"]).Value;
        _witness = new Witness(_store, TimeProvider.System);
        Assert.Null(_store.AddLog(_old.VKey));
        _old.Publish(10);
        Assert.Equal(200, Send(0, _old).Status);
    }

    public void Dispose()
    {
        _store.Dispose();
        _old.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_successor_ends_the_old_log_and_is_cosigned_from_the_tree_that_it_showed()
    {
        using var next = new TestLog("next.test/ledger", _old.Note.ToBytes()).Publish(300);

        Assert.True((await AcceptAsync(next)).IsOk);

        _old.Publish(5);
        Assert.Equal(403, Send(11, _old).Status);
        Assert.Equal(409, Send(0, next).Status);
        var size = next.Size;
        next.Publish(5);
        Assert.Equal(200, Send(size, next).Status);
        Assert.True((await AcceptAsync(next)).IsOk);
        Assert.Equal(FaultCodes.Conflict, _store.AddLog(_old.VKey)?.Code);
    }

    [Fact]
    public async Task A_second_successor_is_refused_and_kept()
    {
        using var first = new TestLog("first.test/ledger", _old.Note.ToBytes()).Publish(3);
        using var second = new TestLog("second.test/ledger", _old.Note.ToBytes()).Publish(3);
        using var sameName = new TestLog("first.test/ledger", _old.Note.ToBytes()).Publish(3);
        Assert.True((await AcceptAsync(first)).IsOk);

        Assert.Equal(FaultCodes.Conflict, (await AcceptAsync(second)).Fault?.Code);
        Assert.Equal(FaultCodes.Conflict, (await AcceptAsync(sameName)).Fault?.Code);

        Assert.Equal(2, Directory.GetDirectories(Path.Combine(_folder["state"], "evidence")).Length);
        Assert.Equal(404, Send(0, second).Status);
        _store.Dispose();
        using var again = WitnessStore.Open(_folder["state"]).Value;
        Assert.Equal("first.test/ledger", again.Logs.Single(l => l.Origin == TestLog.Origin).Successor);
        Assert.Equal(first.Published, again.Logs.Single(l => l.Origin == "first.test/ledger").Last);
    }

    [Fact]
    public async Task Of_two_racing_successors_one_is_accepted()
    {
        using var one = new TestLog("one.test/ledger", _old.Note.ToBytes()).Publish(3);
        using var two = new TestLog("two.test/ledger", _old.Note.ToBytes()).Publish(3);
        var (first, second) = ((await Succession.ReadAsync(one.Reader)).Value, (await Succession.ReadAsync(two.Reader)).Value);

        var answers = await Task.WhenAll(
            Task.Run(() => Succession.Accept(_store, first.Proof, first.Entry, TimeProvider.System)),
            Task.Run(() => Succession.Accept(_store, second.Proof, second.Entry, TimeProvider.System)));

        Assert.Single(answers, a => a.IsOk);
        Assert.Single(answers, a => a.Fault?.Code == FaultCodes.Conflict);
        Assert.Equal(2, _store.Logs.Count);
    }

    [Fact]
    public async Task A_successor_that_goes_on_from_elsewhere_is_refused_and_told_who_is_newer()
    {
        var early = _old.Note;
        var size = _old.Size;
        _old.Publish(10);
        using var ahead = new TestLog("ahead.test/ledger", _old.Note.ToBytes()).Publish(3);
        Assert.Contains("the successor's is newer", (await AcceptAsync(ahead)).Fault?.Message, StringComparison.Ordinal);

        Assert.Equal(200, Send(size, _old).Status);
        using var behind = new TestLog("behind.test/ledger", early.ToBytes()).Publish(3);
        Assert.Contains("this witness's is newer", (await AcceptAsync(behind)).Fault?.Message, StringComparison.Ordinal);
        Assert.True((await AcceptAsync(ahead)).IsOk);
    }

    [Fact]
    public async Task A_successor_of_a_forked_tree_is_a_fork()
    {
        using var fork = _old.Fork(2, (int)_old.Size - 2);
        using var next = new TestLog("next.test/ledger", fork.Note.ToBytes()).Publish(3);
        Assert.Equal(FaultCodes.LedgerFork, (await AcceptAsync(next)).Fault?.Code);
        Assert.Single(_store.Logs);
    }

    [Fact]
    public async Task A_log_that_names_none_an_unknown_one_or_an_unsigned_one_succeeds_nobody()
    {
        using var none = new TestLog("none.test/ledger").Publish(3);
        Assert.Equal(FaultCodes.Malformed, (await AcceptAsync(none)).Fault?.Code);

        using var stranger = new TestLog("stranger.test/ledger").Publish(3);
        using var ofStranger = new TestLog("next.test/ledger", stranger.Note.ToBytes()).Publish(3);
        Assert.Equal(FaultCodes.NotFound, (await AcceptAsync(ofStranger)).Fault?.Code);

        using var impostor = new TestLog().Publish(10);
        using var ofImpostor = new TestLog("next.test/ledger", impostor.Note.ToBytes()).Publish(3);
        Assert.Equal(FaultCodes.BadSignature, (await AcceptAsync(ofImpostor)).Fault?.Code);
    }

    private async Task<Outcome<WitnessedLog>> AcceptAsync(TestLog next)
    {
        var read = (await Succession.ReadAsync(next.Reader)).Value;
        return Succession.Accept(_store, read.Proof, read.Entry, TimeProvider.System);
    }

    private WitnessAnswer Send(ulong old, TestLog log)
        => _witness.AddCheckpoint(Encoding.UTF8.GetBytes($"old {old}\n{string.Concat((old > 0 ? log.Consistency(old) : []).Select(h => $"{h}\n"))}\n{log.Note}"));
}
