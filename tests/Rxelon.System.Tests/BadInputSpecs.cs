using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Rxelon.Client.Specs;
using Rxelon.Client.Submission;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>Whatever is sent, the answer has a code that says what is wrong, and everything stays up.</summary>
public sealed class BadInputSpecs : IClassFixture<RunningNetwork>, IAsyncLifetime
{
    private readonly RunningNetwork _net;
    private readonly HttpClient _http;
    private readonly string _folder;

    public BadInputSpecs(RunningNetwork net)
    {
        _net = net;
        _folder = Directory.CreateDirectory(Path.Combine(net.Network.Directory, $"bad-{Guid.NewGuid():n}")).FullName;
        _http = new HttpClient { BaseAddress = net.Network.HubUrl };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", net.Keys.ApiKey);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _http.Dispose();
        _net.AssertUp();
        await _net.NodesOnlineAsync(_net.Nodes.Count);
    }

    [Fact]
    public async Task Bytes_that_do_not_hash_to_their_name_are_refused()
    {
        var name = BlobId.Of("one"u8);
        await CreateUploadAsync(name, 3);

        using var patch = new HttpRequestMessage(HttpMethod.Patch, $"v1/uploads/{name}") { Content = new ByteArrayContent("two"u8.ToArray()) };
        patch.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        patch.Headers.Add("Tus-Resumable", "1.0.0");
        patch.Headers.Add("Upload-Offset", "0");
        using var answer = await _http.SendAsync(patch);

        Assert.Equal(FaultCodes.HashMismatch, (await ProblemAsync(answer)).Code);
    }

    [Fact]
    public async Task A_truncated_ciphertext_cannot_be_decrypted_by_any_node()
        => await AssertCannotDecryptAsync((_, mine) => mine[..^5]);

    [Fact]
    public async Task A_part_of_another_task_cannot_be_decrypted_in_this_one()
        => await AssertCannotDecryptAsync((other, _) => other);

    [Fact]
    public async Task Somebody_elses_task_does_not_exist()
    {
        var run = await _net.TaskAsync("run", "wasm", Module("tell-all", Wat.TellAll), "--out", Out());
        await _net.OpenAccountAsync("stranger");

        var shown = await _net.CliAsync("stranger", "task", "show", run.GetProperty("task").GetString()!, "--json");

        AssertFault(shown, 3, FaultCodes.NotFound);
    }

    [Fact]
    public async Task An_unknown_field_is_named()
    {
        using var answer = await _http.PostAsync("v1/quotes", new StringContent("""{"spec":{"name":"x","colour":"blue"},"parts":1}""", Encoding.UTF8, "application/json"));

        var problem = await ProblemAsync(answer);
        Assert.Equal((HttpStatusCode.BadRequest, FaultCodes.UnknownField), (answer.StatusCode, problem.Code));
        Assert.Contains("colour", $"{problem.Field} {problem.Detail}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name: x\nrun:\n  wasm: { module: [ }\n", 3, FaultCodes.Malformed)]
    [InlineData("name: x\nrun:\n  wasm: { module: ./a.wasm }\ncolour: blue\n", 4, FaultCodes.UnknownField)]
    [InlineData("name: x\nrun:\n  wasm: { module: ./a.wasm }\nlimits:\n  time: soon\n", 5, FaultCodes.Malformed)]
    public async Task A_wrong_task_file_is_refused_with_line_and_code(string yaml, int line, string code)
    {
        var file = Path.Combine(_folder, "task.yaml");
        await File.WriteAllTextAsync(file, yaml);

        var run = await _net.CliAsync(RunningNetwork.User, "submit", "-f", file);

        Assert.Equal(2, run.Code);
        Assert.Contains($"task.yaml:{line}:", run.Error, StringComparison.Ordinal);
        Assert.Contains($" {code}: ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Wat.ForEver, FaultCodes.TimeLimit)]
    [InlineData(Wat.Greedy, FaultCodes.MemoryLimit)]
    [InlineData(Wat.Trap, FaultCodes.ProgramTrapped)]
    public async Task A_program_that_misbehaves_ends_with_its_own_code(string body, string code)
    {
        var run = await _net.CliAsync(
            RunningNetwork.User, "run", "wasm", Module("bad", body), "--retries", "0", "--time", "2s", "--memory", "32MiB", "--out", Out());

        AssertFault(run, 1, code);
    }

    [Fact]
    public async Task What_is_no_module_is_a_bad_program()
    {
        var path = Path.Combine(_folder, "text.wasm");
        await File.WriteAllTextAsync(path, "this is not a module");

        AssertFault(await _net.CliAsync(RunningNetwork.User, "run", "wasm", path, "--out", Out()), 1, FaultCodes.BadProgram);
    }

    [Fact]
    public async Task An_image_that_no_node_has_is_named_and_the_task_can_be_cancelled()
    {
        _ = BusyboxImage.RequiredEngine;
        var image = "sha256:" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var run = await _net.CliAsync(RunningNetwork.User, "run", "docker", image, "--detach", "--quiet");
        Assert.True(run.Code == 0, run.ToString());
        var task = TaskId.Parse(run.Out.Trim());

        await Eventually.TrueAsync("the reason that names the image", RunningNetwork.Patience, async () =>
            (await _net.Hub.WhyAsync(task)) is { IsOk: true } why && why.Value.Sentence.Contains(image, StringComparison.Ordinal));
        await _net.Hub.CancelAsync(task);

        Assert.NotNull((await _net.SeeTaskAsync(task, "ended", t => t.Summary.EndedAt is not null)).Summary.Reason);
    }

    [Fact]
    public async Task Without_money_nothing_runs()
    {
        await _net.OpenAccountAsync("poor");

        var run = await _net.CliAsync("poor", "run", "wasm", Module("tell-all", Wat.TellAll), "--out", Out());

        Assert.NotEqual(0, run.Code);
        Assert.Contains(FaultCodes.InsufficientFunds, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_join_token_is_used_once()
    {
        var token = await _net.Network.TokenAsync(_net.OperatorId.ToString());
        var first = await JoinAsync(token, "first");
        var second = await JoinAsync(token, "second");

        Assert.True(first.Code == 0, first.ToString());
        Assert.NotEqual(0, second.Code);
        Assert.Contains(FaultCodes.TokenUsed, second.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_join_token_expires()
    {
        var token = await _net.Network.TokenAsync(_net.OperatorId.ToString());
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(_net.Network.HubData, "tokens.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var age = connection.CreateCommand();
            age.CommandText = "PRAGMA busy_timeout=5000; UPDATE tokens SET expires = 1 WHERE used IS NULL";
            Assert.Equal(1, await age.ExecuteNonQueryAsync());
        }

        var join = await JoinAsync(token, "late");

        Assert.NotEqual(0, join.Code);
        Assert.Contains(FaultCodes.TokenExpired, join.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        using var body = new ByteArrayContent(new byte[40 << 20]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/quotes") { Content = body };
        request.Headers.ExpectContinue = true; // so that the answer is read before the body is sent
        using var answer = await _http.SendAsync(request);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, FaultCodes.TooLarge), (answer.StatusCode, (await ProblemAsync(answer)).Code));
    }

    [Fact]
    public async Task A_wrong_key_is_unauthorized()
    {
        using var stranger = new HttpClient { BaseAddress = _net.Network.HubUrl };
        stranger.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _net.Keys.ApiKey![..^3] + "aaa");
        using var answer = await stranger.GetAsync("v1/account");

        Assert.Equal((HttpStatusCode.Unauthorized, FaultCodes.Unauthorized), (answer.StatusCode, (await ProblemAsync(answer)).Code));
    }

    private static async Task<ProblemInfo> ProblemAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.Content.Headers.ContentType?.MediaType == "application/problem+json", $"{answer.StatusCode}: {text}");
        return JsonSerializer.Deserialize(text, ApiJson.Default.ProblemInfo)!;
    }

    private static void AssertFault(Drills.RxRun run, int exit, string code)
    {
        Assert.True(run.Code == exit, run.ToString());
        Assert.Contains(code, run.Error, StringComparison.Ordinal);
    }

    private string Module(string name, string body) => Wat.Module(_folder, name, body);

    private string Out() => Path.Combine(_folder, "out");

    private Task<Drills.RxRun> JoinAsync(string token, string name)
        => _net.Network.NodeAsync(["join", _net.Network.HubUrl.ToString(), token, "--name", name, "--state", Path.Combine(_folder, name)]);

    private async Task CreateUploadAsync(BlobId name, long size)
    {
        using var create = new HttpRequestMessage(HttpMethod.Post, $"v1/uploads/{name}");
        create.Headers.Add("Tus-Resumable", "1.0.0");
        create.Headers.Add("Upload-Length", $"{size}");
        using var created = await _http.SendAsync(create);
        Assert.True(created.IsSuccessStatusCode, $"{created.StatusCode}: {await created.Content.ReadAsStringAsync()}");
    }

    // Every node finds out by itself: the hub sees ciphertext only, and its hash is right.
    private async Task AssertCannotDecryptAsync(Func<byte[], byte[], byte[]> forge)
    {
        var (_, other) = await PrepareAsync("other");
        var (prepared, mine) = await PrepareAsync("mine");
        var forged = forge(other, mine);
        var blob = new BlobRef(BlobId.Of(forged), forged.Length);
        var task = prepared with { Parts = [blob] };
        var quote = (await _net.Hub.QuoteAsync(new QuoteRequest(task.Spec, 1))).Value;
        Assert.Null(await _net.Hub.Blobs.StoreAsync([forged]));
        var sent = await new SubmissionJournal(_folder).SendAsync(_net.Hub, _net.Keys, task, task.Sign(_net.Keys, quote));
        Assert.True(sent.IsOk, $"{sent.Fault}");

        var seen = await _net.SeeTaskAsync(task.Task, "failing to decrypt", t => t.Parts[0].LastFault is not null);
        await _net.Hub.CancelAsync(task.Task);

        Assert.Equal(FaultCodes.DecryptFailed, seen.Parts[0].LastFault!.Code);
    }

    private async Task<(PreparedTask Task, byte[] Part)> PrepareAsync(string name)
    {
        var input = Path.Combine(_folder, name + ".txt");
        await File.WriteAllTextAsync(input, $"the input of {name}");
        var plan = new TaskPlan
        {
            Spec = new TaskSpec { Name = name, Kind = WorkloadKind.Wasm },
            Program = new ProgramPlan { ModulePath = Module("tell-all", Wat.TellAll) },
            Inputs = [input],
            BaseDirectory = _folder,
        };
        var info = (await _net.Hub.InfoAsync()).Value;
        var task = (await new TaskPreparer(_folder, _ => null, () => Stream.Null).PrepareAsync(plan, info, _net.Keys.Exchange.PublicKey)).Value;
        var pack = BlobPack.Read(await File.ReadAllBytesAsync(Path.Combine(task.Folder, "small.pack")));
        return (task, pack.Single(b => BlobId.Of(b.Span) == task.Parts[0].Id).ToArray());
    }
}
