using Rxelon.Domain.Nodes;
using Rxelon.Hub.Config;
using Rxelon.Node.Config;
using Rxelon.Node.Executors;
using Rxelon.Node.Integrity;
using Rxelon.Node.Link;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>Real links, real measures of a folder of its own, the real decider: what a node does with its files, and what the hub makes of it.</summary>
public sealed class IntegritySpecs : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rxelon-client-").FullName;

    public IntegritySpecs()
    {
        Write("rxelon-node.dll", "the client");
        Write("runtimes/native.so", "a library");
    }

    [Fact]
    public async Task An_honest_node_is_measured_once_ships_its_log_and_raises_no_alarm_over_restarts_and_kills()
    {
        await using var edge = await EdgeHarness.StartAsync(new HubOptions { ChallengeEvery = TimeSpan.FromSeconds(1) });
        await using var node = Start(edge);
        await node.UpAsync();
        await ShippedAsync(edge, node);
        await ChallengedAsync(node, 2);
        await SessionSpecs.StillWorks(edge, node);
        await node.StopAsync();
        await using (var torn = new FileStream(LogOf(node), FileMode.Append))
            await torn.WriteAsync(new byte[] { OperationFile.Record, 0, 0, 0, 20, 1, 1 });

        node.Start();
        await node.UpAsync(times: 2);
        await ShippedAsync(edge, node);

        Assert.Null(edge.Chs.Known[node.Id].Alarm);
        Assert.Equal("first", edge.Chs.Known[node.Id].Baseline?.By);
        var kinds = edge.Operations.Last(node.Id, 100).Select(r => OperationRecord.Decode(r.Record)!.Kind).ToList();
        Assert.Equal(2, kinds.Count(k => k == OperationKind.Started));
        Assert.Contains(OperationKind.Measured, kinds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_changed_client_is_found_at_the_handshake_or_by_a_challenge_and_its_work_moves_on(bool whileRunning)
    {
        await using var edge = await EdgeHarness.StartAsync(new HubOptions { ChallengeEvery = TimeSpan.FromSeconds(whileRunning ? 1 : 600) });
        await using var node = Start(edge);
        await node.UpAsync();
        var attempt = edge.Place(node.Id, await edge.SessionOfAsync(node.Id), [1]);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        if (!whileRunning)
            await node.StopAsync();
        var written = File.GetLastWriteTimeUtc(Path.Combine(_folder, "rxelon-node.dll"));
        Write("rxelon-node.dll", "the cheat.");
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "rxelon-node.dll"), whileRunning ? written : written.AddSeconds(1));
        if (!whileRunning)
            node.Start();

        await IsolatedAsync(edge, node, AlarmCodes.ApplicationChanged);
        await Eventually.TrueAsync("its part failed", () => edge.Chs.Failures.Any(f => f.Fault is { Code: FaultCodes.NodeLost, Culprit: Culprit.Node }));
        Assert.Empty(await edge.SessionsAsync());

        // What it computed nevertheless is not taken.
        node.SendReport(attempt, [1], [2]);
        await Eventually.TrueAsync("another refusal", () => node.Got<LinkDown>().Any());
        Assert.Empty(edge.Chs.Accepted);
        if (whileRunning)
        {
            edge.Chs.Decide(new RebaselineNode(node.Id, "root", DateTimeOffset.UtcNow));
            await node.UpAsync(times: 2);
        }
    }

    [Fact]
    public async Task A_client_that_an_admin_allowed_and_options_that_were_announced_raise_no_alarm()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = Start(edge);
        await node.UpAsync();
        await node.StopAsync();
        Write("rxelon-node.dll", "version two");
        var files = await new FileMeasure(TimeProvider.System).FolderAsync(_folder, true, CancellationToken.None);
        edge.Clients.Allow(MeasureFold.Of(files), "root", "2.0", DateTimeOffset.UtcNow);
        node.Measured = Measurer(new NodeOptions { StateDirectory = "/", Slots = 7 });
        node.Announced = [MeasureGroups.Configuration];

        node.Start();

        await node.UpAsync(times: 2);
        Assert.Equal("allowed", edge.Chs.Known[node.Id].Baseline?.By);
        Assert.Null(edge.Chs.Known[node.Id].Alarm);
    }

    [Fact]
    public async Task A_changed_option_that_nobody_announced_isolates_the_node_until_it_is_put_back_and_the_alarm_is_cleared()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = Start(edge);
        await node.UpAsync();
        await node.StopAsync();
        node.Measured = Measurer(new NodeOptions { StateDirectory = "/", Slots = 7 });
        node.Start();
        await IsolatedAsync(edge, node, AlarmCodes.ConfigurationChanged);
        await node.StopAsync();

        node.Measured = Measurer();
        edge.Chs.Decide(new ClearNodeAlarm(node.Id, "root", "put back", DateTimeOffset.UtcNow));
        node.Start();
        await node.UpAsync(times: 2);
    }

    [Fact]
    public async Task A_node_that_stops_measuring_itself_is_isolated()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = Start(edge);
        await node.UpAsync();
        await node.StopAsync();
        node.Measured = null;
        node.Start();
        await IsolatedAsync(edge, node, AlarmCodes.MeasuresMissing);
    }

    [Fact]
    public async Task An_image_whose_content_is_not_what_its_digest_says_isolates_the_node()
    {
        var image = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("root file system"u8));
        var store = new Images(Path.Combine(_folder, "..", $"{Path.GetFileName(_folder)}.img"), image);
        try
        {
            await File.WriteAllTextAsync(store.Path, "root file system");
            await using var edge = await EdgeHarness.StartAsync(new HubOptions { ChallengeEvery = TimeSpan.FromSeconds(1) });
            await using var node = new NodeHarness(edge) { Measured = Measurer(executors: store), Images = [image] };
            node.Start();
            await node.UpAsync();
            await ChallengedAsync(node, 1);
            Assert.Null(edge.Chs.Known[node.Id].Alarm);

            await File.WriteAllTextAsync(store.Path, "root file sYstem");

            await IsolatedAsync(edge, node, AlarmCodes.ImageAltered);
            Assert.Equal(image, edge.Chs.Known[node.Id].Alarm?.Subject);
        }
        finally
        {
            File.Delete(store.Path);
        }
    }

    [Theory]
    [InlineData("altered", AlarmCodes.LogAltered)]
    [InlineData("rewritten", AlarmCodes.LogForked)]
    [InlineData("truncated", AlarmCodes.LogForked)] // by one line, in whose place the next start wrote another
    [InlineData("removed", AlarmCodes.LogTruncated)]
    [InlineData("replaced", AlarmCodes.LogForked)]
    public async Task A_log_that_is_not_what_the_hub_acknowledged_isolates_the_node_and_begins_anew_when_an_admin_says_so(string how, string code)
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = Start(edge);
        await node.UpAsync();
        await ShippedAsync(edge, node);
        await node.StopAsync();
        node.Log!.Dispose();
        Tamper(node, how);

        node.Start();
        await IsolatedAsync(edge, node, code);
        edge.Chs.Decide(new ClearNodeAlarm(node.Id, "root", "restored from a backup", DateTimeOffset.UtcNow));

        var before = node.Got<LinkUp>().Count();
        await Eventually.TrueAsync("in again", () => node.Got<LinkUp>().Count() > before);
        await ShippedAsync(edge, node);
        Assert.Null(edge.Chs.Known[node.Id].Alarm);
        await SessionSpecs.StillWorks(edge, node);
    }

    [Fact]
    public async Task A_line_that_is_altered_while_the_node_runs_is_found_before_it_was_shipped_and_after()
    {
        await using var edge = await EdgeHarness.StartAsync(new HubOptions { ChallengeEvery = TimeSpan.FromSeconds(2) });
        await using var node = Start(edge);
        await node.UpAsync();
        await ShippedAsync(edge, node);
        Flip(LogOf(node), 20);
        await IsolatedAsync(edge, node, AlarmCodes.LogAltered);
    }

    [Fact]
    public async Task Measures_that_are_not_signed_by_the_node_are_refused()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = Start(edge);
        await using var other = new NodeHarness(edge);
        var foreign = new IntegrityReporter(
            node.Id, other.Membership.Identity, Measurer(), OperationLog.Open(other.StateDirectory, node.Id, other.Membership.Identity, TimeProvider.System),
            other.StateDirectory, "test", TimeProvider.System);
        var nonce = new byte[16];
        var forged = await foreign.ForHelloAsync(nonce, CancellationToken.None);
        foreign.Log.Dispose();
        Assert.Null(Rxelon.Hub.Edge.Sessions.IntegrityCheck.Read(forged, node.Id, node.Membership.Identity.PublicKey, nonce));
        Assert.NotNull(Rxelon.Hub.Edge.Sessions.IntegrityCheck.Read(forged, node.Id, other.Membership.Identity.PublicKey, nonce));
        Assert.Null(Rxelon.Hub.Edge.Sessions.IntegrityCheck.Read(forged, node.Id, other.Membership.Identity.PublicKey, [1, .. nonce[1..]]));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string LogOf(NodeHarness node) => Path.Combine(node.StateDirectory, "operations.log");

    private static void Flip(string file, int at)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(at, SeekOrigin.Begin);
        var old = stream.ReadByte();
        stream.Seek(at, SeekOrigin.Begin);
        stream.WriteByte((byte)(old ^ 1));
    }

    private static void Tamper(NodeHarness node, string how)
    {
        var file = LogOf(node);
        var bytes = File.ReadAllBytes(file);
        var start = OperationChain.Start(node.Id);
        var content = OperationFile.Parse(bytes, start);
        switch (how)
        {
            case "altered":
                Flip(file, (int)content.Records[0].At + 3);
                break;
            case "truncated":
                File.WriteAllBytes(file, bytes[..(int)(content.Records[^1].At - 5)]);
                break;
            case "removed":
                File.Delete(file);
                break;
            case "rewritten":
                // One who knows the format makes the chain fit again; the hub still has the old one.
                var (hash, rewritten) = (start, new List<byte>());
                foreach (var (at, length) in content.Records)
                {
                    var record = bytes.AsSpan((int)at, length).ToArray();
                    record[3] ^= 1;
                    hash = OperationChain.Next(hash, record);
                    rewritten.AddRange(OperationFile.Entry(OperationFile.Record, record, hash));
                }

                File.WriteAllBytes(file, [.. rewritten]);
                break;
            default:
                File.Delete(file);
                using (var other = OperationLog.Open(node.StateDirectory, node.Id, node.Membership.Identity, TimeProvider.System))
                {
                    for (var i = 0UL; i < content.Count + 5; i++)
                        other.Add(OperationKind.SessionOpened, "invented");
                    other.SignHead();
                }

                break;
        }
    }

    private static Task IsolatedAsync(EdgeHarness edge, NodeHarness node, string code) => Eventually.TrueAsync(
        $"isolated for {code}",
        () => edge.Chs.Known[node.Id].Alarm?.Code == code && node.Got<LinkDown>().Any(d => d is { Final: false, Fault.Code: FaultCodes.NodeIsolated }), 60);

    private static Task ShippedAsync(EdgeHarness edge, NodeHarness node) => Eventually.TrueAsync(
        "the log shipped", () => edge.Operations.HeadOf(node.Id)?.Head is { Signature.Length: > 0 } head && head.Count == node.Log!.Count, 60);

    private static Task ChallengedAsync(NodeHarness node, int times) => Eventually.TrueAsync(
        $"{times} challenges answered and a log line for each", () => node.Frames.Count(f => f.BodyCase == ToNode.BodyOneofCase.Challenge) > times, 60);

    private NodeHarness Start(EdgeHarness edge) => new NodeHarness(edge) { Measured = Measurer() }.Start();

    private Measurer Measurer(NodeOptions? options = null, params IExecutor[] executors)
        => new(_folder, options ?? new NodeOptions { StateDirectory = "/" }, executors, TimeProvider.System);

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>An executor whose images are files; only what measuring needs.</summary>
    private sealed class Images(string path, string image) : IExecutor
    {
        public string Path => path;

        public WorkloadKind Kind => WorkloadKind.Docker;

        public Task<ExecutorReport> FingerprintAsync(CancellationToken cancel) => throw new NotSupportedException();

        public Task<Outcome<ISandbox>> PrepareAsync(SandboxSpec spec, CancellationToken cancel) => throw new NotSupportedException();

        public Task<int> DestroyLeftoversAsync(CancellationToken cancel) => Task.FromResult(0);

        public Task<IReadOnlyList<string>?> ImagesAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>?>([image]);

        public async Task<byte[]?> MeasureImageAsync(string name, CancellationToken cancel)
            => await new FileMeasure(TimeProvider.System).FileAsync(path, again: true, cancel);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
