using System.Security.Cryptography;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Client.Specs;
using Rxelon.Client.Submission;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Submission;

/// <summary>Large inputs of plain files, which are encrypted once to be named and once more while they are sent.</summary>
public sealed class RepeatedInputSpecs : IAsyncLifetime
{
    private const int PartBytes = 2 << 20;
    private readonly TempFolder _folder = new();
    private readonly byte[] _content = RandomNumberGenerator.GetBytes((5 << 20) + 12_345);
    private FakeHub _hub = null!;
    private HubClient _client = null!;
    private AccountKeys _keys = null!;

    private string Journal => _folder["journal"];

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        var address = HubAddress.Parse(_hub.Url).Value;
        using var stranger = new HubClient(address, null, TimeProvider.System);
        _keys = (await AccountOpening.OpenAsync(stranger, AccountKeys.Generate(), "ada", "user", TimeProvider.System)).Value;
        _client = new HubClient(address, _keys.ApiKey, TimeProvider.System);
        _folder.Write("module.wasm", "module");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        _keys.Dispose();
        await _hub.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_large_input_is_sent_whole_and_leaves_no_ciphertext_on_this_disk()
    {
        var task = await PrepareAsync(new SplitPlan(SplitBy.Bytes, PartBytes));
        Assert.Equal(3, task.Parts.Count);
        Assert.True(new DirectoryInfo(task.Folder).EnumerateFiles().Sum(f => f.Length) < 20_000);

        Assert.True((await SendAsync(task)).IsOk);
        Assert.Equal(_content, await InputAsync(task, entry => entry == PartArchive.Stdin));
        Assert.False(Directory.Exists(task.Folder));
    }

    [Fact]
    public async Task Whole_files_are_sent_like_slices()
    {
        var task = await PrepareAsync(SplitPlan.None);
        Assert.True((await SendAsync(task)).IsOk);
        Assert.Equal(_content, await InputAsync(task, entry => entry == PartArchive.InPrefix + "input.bin"));
    }

    [Fact]
    public async Task An_upload_that_is_cut_goes_on_within_the_part()
    {
        var task = await PrepareAsync(new SplitPlan(SplitBy.Bytes, PartBytes));
        _hub.CutUploadAfter = 1_500_000;
        Assert.True((await SendAsync(task)).IsOk);
        Assert.Null(_hub.CutUploadAfter);
        Assert.Equal(_content, await InputAsync(task, entry => entry == PartArchive.Stdin));
    }

    [Fact]
    public async Task Another_process_goes_on_with_what_was_signed()
    {
        var task = await PrepareAsync(new SplitPlan(SplitBy.Bytes, PartBytes));
        using (var cut = new CancellationTokenSource())
        {
            var sent = new Progress(p => cut.Cancel());
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(task, sent, cut.Token));
        }

        Assert.Equal([task.Task], new SubmissionJournal(Journal).Pending());
        Assert.True((await new SubmissionJournal(Journal).ResumeAsync(_client, _keys, task.Task)).IsOk);
        Assert.Equal(_content, await InputAsync(task, entry => entry == PartArchive.Stdin));
    }

    [Fact]
    public async Task A_file_that_changed_since_it_was_signed_for_ends_the_order_and_nothing_that_differs_is_sent()
    {
        var task = await PrepareAsync(new SplitPlan(SplitBy.Bytes, PartBytes));
        byte[] changed = [.. _content];
        changed[PartBytes + 700_000] ^= 1;
        _folder.Write("input.bin", changed);

        var fault = (await SendAsync(task)).Fault!;

        Assert.Equal(FaultCodes.InputChanged, fault.Code);
        Assert.Contains("input.bin", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.Retryable);
        Assert.False(Directory.Exists(task.Folder));
        Assert.Empty(_hub.Tasks);
        Assert.DoesNotContain(task.Parts[1].Id, _hub.Blobs.Keys);
        Assert.All(_hub.Uploads.Values, sent => Assert.True(sent.Length < 700_000, $"{sent.Length} bytes of the part were sent"));
    }

    [Fact]
    public async Task A_file_that_is_gone_or_longer_ends_the_order()
    {
        var task = await PrepareAsync(SplitPlan.None);
        File.AppendAllText(_folder["input.bin"], "more");
        Assert.Equal(FaultCodes.InputChanged, (await SendAsync(task)).Fault?.Code);

        _folder.Write("input.bin", _content);
        task = await PrepareAsync(SplitPlan.None);
        File.Delete(_folder["input.bin"]);
        Assert.Equal(FaultCodes.InputChanged, (await SendAsync(task)).Fault?.Code);
    }

    private async Task<PreparedTask> PrepareAsync(SplitPlan split)
    {
        if (!File.Exists(_folder["input.bin"]))
            _folder.Write("input.bin", _content);
        var plan = new TaskPlan
        {
            Spec = new TaskSpec { Name = "t", Kind = WorkloadKind.Wasm },
            Program = new ProgramPlan { ModulePath = "module.wasm" },
            Inputs = ["input.bin"],
            Split = split,
            BaseDirectory = _folder.Path,
        };
        var info = (await _client.InfoAsync()).Value;
        return (await new TaskPreparer(Journal, _ => null, () => Stream.Null).PrepareAsync(plan, info, _keys.Exchange.PublicKey)).Value;
    }

    private Task<Outcome<SubmitResponse>> SendAsync(PreparedTask task, IProgress<SubmitProgress>? progress = null, CancellationToken ct = default)
        => new SubmissionJournal(Journal).SendAsync(_client, _keys, task, task.Sign(_keys, new Tokens(1_500_000), null), progress, false, ct);

    private async Task<byte[]> InputAsync(PreparedTask task, Func<string, bool> isInput)
    {
        var key = Rxelon.Client.Results.TaskKeyRecovery.Open((await _client.TaskAsync(task.Task)).Value, _keys).Value;
        using var joined = new MemoryStream();
        for (var part = 0; part < task.Parts.Count; part++)
        {
            var plain = PartCipher.Open(_hub.Blobs[task.Parts[part].Id], KeySchedule.Input(key, part), PartContext.Input(task.Task, part)).Value;
            joined.Write(FakeNode.Untar(plain).Single(e => isInput(e.Key)).Value);
        }

        return joined.ToArray();
    }

    private sealed class Progress(Action<SubmitProgress> heard) : IProgress<SubmitProgress>
    {
        public void Report(SubmitProgress value)
        {
            if (value is { Stage: SubmitStage.Uploading, Done: > 0 })
                heard(value);
        }
    }
}
