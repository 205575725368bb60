using System.Formats.Tar;
using System.Text;
using Rxelon.Client.Comparing;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Comparing;

/// <summary>What an owner's client says of results that differ, to a hub whose results are the test's.</summary>
public sealed class ResultComparerSpecs : IAsyncLifetime
{
    private static readonly TaskId Id = TaskId.FromBytes([9, .. new byte[15]]);
    private readonly TempFolder _folder = new();
    private readonly AccountKeys _owner = AccountKeys.Generate();
    private readonly byte[] _taskKey = KeySchedule.NewTaskKey();
    private readonly List<ComparisonNews> _news = [];
    private FakeHub _hub = null!;

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        var spec = new TaskSpec { Name = "x", Kind = WorkloadKind.Mock }.ToBytes();
        _hub.Tasks[Id] = new FakeTask(new SubmitRequest(Id, spec, [], default, [], Tokens.Zero, []));
    }

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
        _owner.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Results_within_the_tolerance_are_one_class_and_the_owner_signs_it()
    {
        Wait(0, Result(0, 1, ("stdout", "loss 0.2500000\n"), ("stderr", "took 5 s"), ("out/a.csv", "1,2.5")), Result(3, 2, ("stdout", "loss 0.2500001\n"), ("stderr", "took 7 s"), ("out/a.csv", "1,2.4999999")));
        Assert.Null(await AttendAsync());
        var said = Assert.Single(_hub.Compared);
        Assert.Equal([[(0, 1), (3, 2)]], Classes(said));
        Assert.True(Signatures.Verify(_owner.Signing.PublicKey, SignedStatements.Compare(Id, 0, [[new(0, 1), new(3, 2)]]), said.Signature));
        Assert.Equal((0, 0), (Assert.Single(_news).Part, _news[0].Unreadable));
        Assert.Equal([2], _news[0].Equal);
    }

    [Fact]
    public async Task What_differs_is_a_class_of_its_own_by_the_first_of_each()
    {
        Wait(4, Result(4, 1, ("stdout", "1.0000000")), Result(5, 1, ("stdout", "1.0000008")), Result(6, 1, ("stdout", "1.0000016")), Result(7, 1, ("stdout", "2.0")));
        Assert.Null(await AttendAsync());

        // The third is near the second and not near the first, whose class the second is in.
        Assert.Equal([[(4, 1), (5, 1)], [(6, 1)], [(7, 1)]], Classes(Assert.Single(_hub.Compared)));
    }

    [Theory]
    [InlineData("out/b.csv", "1.0")]
    [InlineData("stdout", "1.0")]
    public async Task Other_files_are_other_results(string name, string content)
    {
        Wait(0, Result(0, 1, ("stdout", "1.0"), ("out/a.csv", "1.0")), Result(1, 1, ("stdout", "1.0"), (name, content)));
        Assert.Null(await AttendAsync());
        Assert.Equal(2, Assert.Single(_hub.Compared).Classes.Count);
    }

    [Fact]
    public async Task A_result_that_cannot_be_opened_is_equal_to_none()
    {
        var damaged = Result(2, 1, ("stdout", "1.0"));
        var ofAnother = Result(9, 1, ("stdout", "1.0"));
        var noArchive = Store(3, 1, PartCipher.Seal("no archive"u8.ToArray(), KeySchedule.Result(_taskKey, 3, 1), CipherSuite.Aes256Gcm, PartContext.Result(Id, 3, 1)));
        Wait(0, Result(0, 1, ("stdout", "1.0")), Result(1, 1, ("stdout", "1.0000001")), Damage(damaged), ofAnother with { Part = 4 }, noArchive);
        Assert.Null(await AttendAsync());
        Assert.Equal([[(0, 1), (1, 1)], [(2, 1)], [(4, 1)], [(3, 1)]], Classes(Assert.Single(_hub.Compared)));
        Assert.Equal(3, Assert.Single(_news).Unreadable);
    }

    [Fact]
    public async Task Results_larger_than_memory_holds_go_through_files_that_do_not_stay()
    {
        var lines = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 600_000).Select(i => FormattableString.Invariant($"{i}.5\n")))));
        Wait(0, Result(0, 1, ("stdout", lines)), Result(1, 1, ("stdout", lines.Replace("599999.5", "599999.50001", StringComparison.Ordinal))));
        Assert.True(_hub.Comparisons.Peek().Results[0].Result.Size > 4 << 20);
        Assert.Null(await AttendAsync());
        Assert.Single(Assert.Single(_hub.Compared).Classes);
        Assert.Empty(Directory.GetFiles(_folder["downloads"]));
    }

    [Fact]
    public async Task A_result_that_is_gone_is_looked_for_again_and_then_given_up_with_what_the_hub_says()
    {
        Wait(0, Result(0, 1, ("stdout", "1.0")), new ComparedResultInfo(1, 1, new BlobInfo(BlobId.Of("gone"u8), 4)));
        var missing = _hub.Comparisons.Dequeue();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };
        _hub.Comparisons.Enqueue(missing);
        var attending = AttendAsync(time);
        while (!attending.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(FaultCodes.NotFound, (await attending)?.Code);
        Assert.Empty(_hub.Compared);
    }

    private static IEnumerable<IEnumerable<(int, int)>> Classes(ComparedInfo said) => said.Classes.Select(c => c.Select(a => (a.Part, a.Attempt)));

    private void Wait(int part, params ComparedResultInfo[] results) => _hub.Comparisons.Enqueue(new ComparisonInfo(part, results));

    // The time is the comparer's own: a connection has another clock.
    private async Task<Fault?> AttendAsync(TimeProvider? time = null)
    {
        using var hub = new HubClient(HubAddress.Parse(_hub.Url).Value, "key", TimeProvider.System);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        return await new ResultComparer(hub, _folder["downloads"], time ?? TimeProvider.System).AttendAsync(Id, 1e-6m, _owner, _taskKey, _news.Add, patience.Token);
    }

    private ComparedResultInfo Result(int part, int attempt, params (string Name, string Content)[] files)
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, content) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }

        return Store(part, attempt, PartCipher.Seal(bytes.ToArray(), KeySchedule.Result(_taskKey, part, attempt), CipherSuite.Aes256Gcm, PartContext.Result(Id, part, attempt)));
    }

    private ComparedResultInfo Store(int part, int attempt, byte[] cipher)
    {
        var id = BlobId.Of(cipher);
        _hub.Blobs[id] = cipher;
        return new ComparedResultInfo(part, attempt, new BlobInfo(id, cipher.Length));
    }

    private ComparedResultInfo Damage(ComparedResultInfo result)
    {
        var cipher = _hub.Blobs[result.Result.Id].ToArray();
        cipher[^1] ^= 1;
        return Store(result.Part, result.Attempt, cipher);
    }
}
