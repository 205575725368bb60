using System.Collections.Concurrent;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Answer = Microsoft.AspNetCore.Http.Results;

namespace Rxelon.Client.Tests.Fakes;

/// <summary>
/// A hub and its one node in memory, behind real HTTP on a port of its own. It can open task keys like the vault, and runs
/// each part by <see cref="Program"/>.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeHub(WebApplication app) => _app = app;

    internal ExchangeKeyPair Vault { get; } = ExchangeKeyPair.Generate();

    internal ConcurrentDictionary<BlobId, byte[]> Blobs { get; } = [];

    internal ConcurrentDictionary<BlobId, MemoryStream> Uploads { get; } = [];

    internal ConcurrentDictionary<TaskId, FakeTask> Tasks { get; } = [];

    internal ConcurrentDictionary<AccountId, OpenAccountRequest> Accounts { get; } = [];

    /// <summary>Receipts by task, each answered once and the last one for ever; an empty queue is a task whose key was destroyed.</summary>
    internal ConcurrentDictionary<string, Queue<Receipt>> TaskReceipts { get; } = [];

    /// <summary>The receipt of every other task.</summary>
    internal Receipt? AnyTaskReceipt { get; set; }

    internal List<(AccountReceiptInfo Info, Receipt Receipt)> AccountReceipts { get; } = [];

    /// <summary>Records of attempts' logs.</summary>
    internal ConcurrentDictionary<AttemptId, byte[]> Logs { get; } = [];

    /// <summary>Parts that wait to be compared, of any task; once none does, a task is what its phase says.</summary>
    internal Queue<ComparisonInfo> Comparisons { get; } = [];

    internal List<ComparedInfo> Compared { get; } = [];

    internal List<string> Requests { get; } = [];

    internal FakeNode Node { get; } = new();

    /// <summary>Bytes of upload after which the connection is cut, once.</summary>
    internal long? CutUploadAfter { get; set; }

    /// <summary>Refuses larger pieces of uploads, as a proxy does that has its own limit.</summary>
    internal long LargestPiece { get; set; } = long.MaxValue;

    /// <summary>Loses the connection, and what came by it, with larger pieces, as a proxy does that gathers a body before it passes it on.</summary>
    internal long LargestGathered { get; set; } = long.MaxValue;

    /// <summary>Answers every piece that its disk is full.</summary>
    internal bool IsFull { get; set; }

    /// <summary>Cuts this many event streams right after their first event.</summary>
    internal int CutEvents { get; set; }

    /// <summary>Answers this many requests with 503.</summary>
    internal int Failing { get; set; }

    internal Tokens Ceiling { get; set; } = new(1_500_000);

    /// <summary>Refuses submissions with this fault.</summary>
    internal ProblemInfo? Refusal { get; set; }

    internal string Url { get; private set; } = "";

    internal static async Task<FakeHub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var hub = new FakeHub(builder.Build());
        hub._app.Use(hub.FilterAsync);
        FakeBlobs.Map(hub._app, hub);
        FakeTasks.Map(hub._app, hub);
        FakeReceipts.Map(hub._app, hub);
        hub.MapAccounts();
        await hub._app.StartAsync();
        hub.Url = hub._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return hub;
    }

    internal static async Task<T> ReadAsync<T>(HttpContext context)
        => (T)(await System.Text.Json.JsonSerializer.DeserializeAsync(context.Request.Body, ApiJson.Default.GetTypeInfo(typeof(T))!))!;

    internal static IResult Json<T>(T value, int status = 200) => Answer.Json(value, (JsonTypeInfo<T>)ApiJson.Default.GetTypeInfo(typeof(T))!, statusCode: status);

    internal static IResult Problem(int status, string code, string detail, bool retryable = false)
        => Json(new ProblemInfo("about:blank", code, status, detail, code, retryable, null), status);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Vault.Dispose();
    }

    private async Task FilterAsync(HttpContext context, RequestDelegate next)
    {
        lock (Requests)
            Requests.Add($"{context.Request.Method} {context.Request.Path}");
        if (Failing > 0)
        {
            Failing--;
            context.Response.StatusCode = 503;
            return;
        }

        await next(context);
    }

    private void MapAccounts()
    {
        _app.MapGet("/v1/info", () => Json(new HubInfo("0", "test", Vault.PublicKey, "", BlobRef.InlineLimit, 1L << 30, 1000)));
        _app.MapPost("/v1/accounts", async (HttpContext context) =>
        {
            var request = await ReadAsync<OpenAccountRequest>(context);
            if (!Signatures.Verify(request.SigningKey, SignedStatements.OpenAccount(request.SigningKey, request.ExchangeKey, request.UnixMillis), request.Signature))
                return Problem(400, FaultCodes.BadSignature, "The signature is wrong.");
            var account = AccountId.OfSigningKey(request.SigningKey);
            Accounts[account] = request;
            return Json(new OpenAccountResponse(account, $"rxk_{account}_1_secret"), 201);
        });
        _app.MapGet("/v1/account", (HttpContext context) => Json(new AccountResponse(
            Owner(context), "ada", "user", new Tokens(98_500_000), Tokens.Zero, Tokens.Zero, Tokens.Zero, Tokens.Zero, new Tokens(1_500_000),
            [new ApiKeyInfo("1", "first")], 1000, 1L << 30)));
        _app.MapGet("/v1/nodes", () => Json(new[] { Node.Info }));
        _app.MapGet("/v1/nodes/{id}", (string id) => id == Node.Info.Node.ToString() ? Json(Node.Info) : Problem(404, FaultCodes.NotFound, "There is no such node."));
    }

    internal static AccountId Owner(HttpContext context)
        => AccountId.Parse(string.Join('_', context.Request.Headers.Authorization.ToString().Split(' ')[1].Split('_')[1..3]));
}
