using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Client.Ledger.Witnessing;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Ledger;

public sealed class WitnessSpecs : IDisposable
{
    private const string Name = "example.com/witness";

    private readonly TempFolder _folder = new();
    private readonly TestLog _log = new();
    private readonly FakeTimeProvider _time = new(TestLog.Start);
    private WitnessStore _store;
    private Witness _witness;

    public WitnessSpecs()
    {
        WitnessStore.Create(State, Name).Value.Dispose();
        (_store, _witness) = Open();
        Assert.Null(_store.AddLog(_log.VKey));
    }

    private string State => _folder["state"];

    public void Dispose()
    {
        _store.Dispose();
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_published_conversation_of_litewitness_goes_as_published()
    {
        Assert.Null(_store.AddLog(NoteKey.Of(LitewitnessConversation.Origin, NoteKeyType.Ed25519, Convert.FromHexString(LitewitnessConversation.LogKey))));
        foreach (var (request, status, body) in LitewitnessConversation.Exchanges)
        {
            var answer = _witness.AddCheckpoint(Encoding.UTF8.GetBytes(request));
            Assert.True(status == answer.Status, $"{answer.Status} {Encoding.UTF8.GetString(answer.Body)} to {request}");
            if (status == 409)
                Assert.Equal(("text/x.tlog.size", body), (answer.ContentType, Encoding.UTF8.GetString(answer.Body)));
            else
                Assert.Contains(body, Encoding.UTF8.GetString(answer.Body), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_cosignature_verifies_and_the_read_side_shows_it_under_the_checkpoint()
    {
        _log.Publish(10);
        Assert.Equal(404, _witness.Latest(Id).Status);

        var answer = Add(0);

        Assert.Equal(200, answer.Status);
        var note = SignedNote.Parse([.. _log.Note.ToBytes(), .. answer.Body]).Value;
        Assert.Equal(TestLog.Start, Cosignature.Verify(note, _store.Key.Public));
        var latest = _witness.Latest(Id);
        Assert.Equal((200, note.ToString()), (latest.Status, Encoding.UTF8.GetString(latest.Body)));
    }

    [Fact]
    public void The_same_checkpoint_is_cosigned_again_with_the_new_time()
    {
        _log.Publish(10);
        Add(0);
        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(200, Add(_log.Size).Status);

        var note = SignedNote.Parse(_witness.Latest(Id).Body).Value;
        Assert.Equal(TestLog.Start.AddMinutes(10), Cosignature.Verify(note, _store.Key.Public));
        Assert.Equal(422, Add(_log.Size, [MerkleHash.EmptyRoot]).Status);
    }

    [Fact]
    public void Another_root_of_the_same_size_is_answered_with_a_conflict_and_kept_whatever_its_old_size()
    {
        _log.Publish(10);
        Add(0);
        using var fork = _log.Fork(3, (int)_log.Size - 3);

        foreach (var old in (ulong[])[_log.Size, 0, 5])
        {
            var answer = Send(old, [], fork.Note);
            Assert.Equal((409, "text/x.tlog.size", $"{_log.Size}\n"), (answer.Status, answer.ContentType, Encoding.UTF8.GetString(answer.Body)));
        }

        var place = Evidence().Single();
        Assert.Contains(fork.Note.ToString(), File.ReadAllText(Path.Combine(place, "request")), StringComparison.Ordinal);
        Assert.StartsWith(_log.Note.Text, File.ReadAllText(Path.Combine(place, "kept.note")), StringComparison.Ordinal);
        Assert.Equal(_log.Published, _store.Logs.Single().Last);
    }

    [Fact]
    public void A_larger_tree_that_does_not_begin_with_the_cosigned_one_is_refused_and_kept()
    {
        _log.Publish(10);
        Add(0);
        using var fork = _log.Fork(3, 40);

        Assert.Equal(422, Send(_log.Size, fork.Consistency(_log.Size), fork.Note).Status);

        Assert.StartsWith("unproven-", Path.GetFileName(Evidence().Single()), StringComparison.Ordinal);
        Assert.Equal(_log.Published, _store.Logs.Single().Last);
    }

    [Fact]
    public void A_rolled_back_hub_is_told_the_size_that_was_cosigned()
    {
        _log.Publish(10);
        var old = _log.Note;
        Add(0);
        var size = _log.Size;
        _log.Publish(10);
        Add(size);

        var answer = Send(size, [], old);

        Assert.Equal((409, $"{_log.Size}\n"), (answer.Status, Encoding.UTF8.GetString(answer.Body)));
    }

    [Fact]
    public void A_proof_from_nothing_must_be_empty_and_none_may_begin_behind_the_checkpoint()
    {
        _log.Publish(10);
        Assert.Equal(422, Add(0, [MerkleHash.EmptyRoot]).Status);
        Assert.Equal(400, Add(_log.Size + 1).Status);
        Assert.Equal(409, Add(1).Status);
        Assert.Empty(_store.Logs.Single().Keys.Except([_log.VKey]));
        Assert.Null(_store.Logs.Single().Last);
    }

    [Theory]
    [InlineData("")]
    [InlineData("old 1")]
    [InlineData("old 01\n\nx\n")]
    [InlineData("old -1\n\nx\n")]
    [InlineData("new 0\n\nx\n")]
    [InlineData("old 0\nAA==\n\nx\n")]
    [InlineData("old 0\n\nhub.test/ledger\n1\n\n")]
    public void What_is_no_request_is_malformed(string body)
        => Assert.Equal(400, _witness.AddCheckpoint(Encoding.UTF8.GetBytes(body)).Status);

    [Fact]
    public void Requests_have_a_largest_size_and_proofs_a_largest_length()
    {
        _log.Publish(10);
        Assert.Equal(400, _witness.AddCheckpoint(new byte[AddCheckpointRequest.MaxBytes + 1]).Status);
        Assert.Equal(400, Add(1, Enumerable.Repeat(MerkleHash.EmptyRoot, 64)).Status);
        Assert.Equal(409, Add(1, Enumerable.Repeat(MerkleHash.EmptyRoot, 63)).Status);
    }

    [Fact]
    public void Signatures_of_strangers_and_failing_ones_are_refused()
    {
        using var other = new TestLog().Publish(10);
        _log.Publish(10);
        Assert.Equal(403, Send(0, [], other.Note).Status);

        Assert.Null(_store.AddLog(other.VKey));
        var bad = other.Note.Signatures[0] with { Bytes = new byte[64] };
        Assert.Equal(403, Send(0, [], _log.Note.With(bad)).Status);
        Assert.Equal(200, Send(0, [], _log.Note.With(bad with { Name = "unknown" })).Status);
        Assert.DoesNotContain("unknown", Encoding.UTF8.GetString(_witness.Latest(Id).Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_racing_requests_from_one_size_only_one_wins()
    {
        _log.Publish(10);
        Add(0);
        var from = _log.Size;
        var requests = Enumerable.Range(0, 16).Select(_ =>
        {
            _log.Publish(3);
            return new AddCheckpointRequest(from, _log.Consistency(from), _log.Note, _log.Published);
        }).ToList();
        using var start = new Barrier(requests.Count);

        var answers = await Task.WhenAll(requests.Select(request => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return (request, _witness.AddCheckpoint(request.ToBytes()));
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        var won = answers.Single(a => a.Item2.Status == 200).request.Checkpoint;
        Assert.All(answers.Where(a => a.Item2.Status != 200), a => Assert.Equal((409, $"{won.Size}\n"), (a.Item2.Status, Encoding.UTF8.GetString(a.Item2.Body))));
        Reopen();
        Assert.Equal(won, _store.Logs.Single().Last);
    }

    [Fact]
    public void What_was_answered_is_on_disk_and_one_process_has_the_folder()
    {
        _log.Publish(10);
        Add(0);
        Assert.Equal(FaultCodes.Conflict, WitnessStore.Open(State).Fault?.Code);
        Assert.Equal(_log.Published, WitnessStore.Peek(State).Value.Logs.Single().Last);

        Reopen();

        Assert.Equal(409, Add(0).Status);
        Assert.Equal(200, Add(_log.Size).Status);
    }

    [Fact]
    public void State_that_is_older_than_its_guard_is_not_opened()
    {
        _log.Publish(10);
        Add(0);
        var file = Path.Combine(State, "logs", Id, "checkpoint");
        var old = File.ReadAllBytes(file);
        var size = _log.Size;
        _log.Publish(10);
        Add(size);
        _store.Dispose();
        File.WriteAllBytes(file, old);

        Assert.Equal(FaultCodes.LedgerRolledBack, WitnessStore.Open(State).Fault?.Code);

        File.Delete(file);
        Assert.Equal(FaultCodes.LedgerRolledBack, WitnessStore.Open(State).Fault?.Code);
    }

    [Fact]
    public void A_guard_elsewhere_notices_that_the_whole_folder_was_restored()
    {
        _store.Dispose();
        (_store, _witness) = Open(_folder["guards"]);
        _log.Publish(10);
        Add(0);
        _store.Dispose();
        var backup = _folder["backup"];
        Copy(State, backup);
        (_store, _witness) = Open(_folder["guards"]);
        var size = _log.Size;
        _log.Publish(10);
        Add(size);
        _store.Dispose();
        Directory.Delete(State, recursive: true);
        Copy(backup, State);

        Assert.Equal(FaultCodes.LedgerRolledBack, WitnessStore.Open(State, _folder["guards"]).Fault?.Code);
    }

    [Fact]
    public void Damaged_state_is_not_taken_for_none()
    {
        _log.Publish(10);
        Add(0);
        _store.Dispose();
        File.WriteAllText(Path.Combine(State, "logs", Id, "checkpoint"), "damaged");
        Assert.Equal(FaultCodes.Malformed, WitnessStore.Open(State).Fault?.Code);
    }

    [Fact]
    public void The_key_is_its_owners_alone()
    {
        _store.Dispose();
        var file = Path.Combine(State, "witness.key");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(State));
        Assert.Equal(FaultCodes.Conflict, WitnessStore.Create(State, Name).Fault?.Code);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal(FaultCodes.Unauthorized, WitnessStore.Open(State).Fault?.Code);
    }

    private string Id => _store.Logs.Single(l => l.Origin == TestLog.Origin).Id;

    private IEnumerable<string> Evidence() => Directory.GetDirectories(Path.Combine(State, "evidence"));

    private WitnessAnswer Add(ulong old, IEnumerable<MerkleHash>? proof = null)
        => Send(old, proof ?? (old > 0 && old <= _log.Size ? _log.Consistency(old) : []), _log.Note);

    private WitnessAnswer Send(ulong old, IEnumerable<MerkleHash> proof, SignedNote note)
        => _witness.AddCheckpoint(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"old {old}\n{string.Concat(proof.Select(h => $"{h}\n"))}\n{note}")));

    private void Reopen()
    {
        _store.Dispose();
        (_store, _witness) = Open();
    }

    private (WitnessStore Store, Witness Witness) Open(string? guards = null)
    {
        var store = WitnessStore.Open(State, guards).Value;
        return (store, new Witness(store, _time));
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
