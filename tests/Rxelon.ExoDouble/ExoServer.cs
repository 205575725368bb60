using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rxelon.ExoDouble;

/// <summary>
/// An EXO cluster's HTTP API on a free port of loopback, as far as a manager on top of it uses it. Nothing is computed; what is
/// answered, when, and what breaks is the script's.
/// </summary>
public sealed class ExoServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Chats _chats;
    private readonly Previews _previews;

    private ExoServer(ExoScript script, bool isEmpty, bool isLoaded)
    {
        Script = script;
        Cluster = new ExoCluster(script, isEmpty, isLoaded);
        _chats = new Chats(Cluster, script);
        _previews = new Previews(Cluster, script);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Use(GateAsync);
        Map();
    }

    public ExoScript Script { get; }

    public ExoCluster Cluster { get; }

    public Uri Url { get; private set; } = null!;

    /// <summary>Method and path with query of every request.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Bodies of chat completions.</summary>
    public ConcurrentQueue<JsonObject> ChatBodies { get; } = new();

    /// <summary>Completions that have not ended.</summary>
    public int RunningChats => _chats.Running;

    /// <summary>Two members with one instance of the sample's model, that is ready unless <paramref name="isLoaded"/> is false.</summary>
    public static async Task<ExoServer> StartAsync(ExoScript? script = null, bool isEmpty = false, bool isLoaded = true)
    {
        var server = new ExoServer(script ?? new ExoScript(), isEmpty, isLoaded && !isEmpty);
        await server._app.StartAsync().ConfigureAwait(false);
        server.Url = new Uri(server._app.Urls.First());
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        await Cluster.DisposeAsync().ConfigureAwait(false);
    }

    private Task GateAsync(HttpContext http, RequestDelegate next)
    {
        Requests.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
        return Script.Broken ? Nonsense(http) : next(http);
    }

    private static Task Nonsense(HttpContext http)
    {
        http.Response.StatusCode = 500;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync("Internal Server Error");
    }

    private void Map()
    {
        _app.MapGet("/node_id", () => Json($"\"{Golden.StudioId}\""));
        _app.MapGet("/state", () => Json(Cluster.Render()!));
        _app.MapGet("/state/{**path}", (string path) => Cluster.Render(path.Split('/')) is { } part
            ? Json(part)
            : Error(404, $"unable to find path '{path.Replace('/', '.')}' in state json"));
        _app.MapGet("/models", Models);
        _app.MapGet("/v1/models", Models);
        _app.MapGet("/instance/previews", (string model_id) => _previews.For(model_id) is { } previews
            ? Json(Golden.Write(new JsonObject { ["previews"] = previews }))
            : Error(400, $"Failed to load model card: {model_id}"));
        _app.MapGet("/instance/placement", (string model_id, int? min_nodes) => _previews.SizeOf(model_id) is null
            ? Text(500, "Internal Server Error")
            : _previews.Best(model_id, min_nodes ?? 1) is { } instance ? Json(Golden.Write(instance)) : Error(400, "No cycles found with sufficient memory"));
        _app.MapGet("/instance/{id}", (string id) => Cluster.Render("instances", id) is { } instance ? Json(instance) : Error(404, "Instance not found"));
        _app.MapDelete("/instance/{id}", Delete);
        _app.MapPost("/instance", CreateAsync);
        _app.MapPost("/place_instance", PlaceAsync);
        _app.MapPost("/v1/chat/completions", ChatAsync);
        _app.MapPost("/v1/cancel/{id}", (string id) => _chats.Cancel(id)
            ? Json($"{{\"message\":\"Command cancelled.\",\"command_id\":\"{id}\"}}")
            : Error(404, "Command not found or already completed"));
        _app.MapFallback(http => (http.Request.Method == "POST" ? Json("{\"detail\":\"Method Not Allowed\"}", 405) : Json("{\"detail\":\"Not Found\"}", 404)).ExecuteAsync(http));
        if (Script.Release == ExoRelease.Main)
            _app.MapGet("/instance/await", AwaitAsync);
    }

    private IResult Models()
    {
        var sample = Golden.Parse("models.json");
        var list = sample["data"]!.AsArray();
        foreach (var (model, size) in Script.MoreModels)
        {
            var more = list[0]!.DeepClone();
            (more["id"], more["hugging_face_id"], more["name"]) = (model, model, model.Split('/')[^1]);
            more["storage_size_megabytes"] = size >> 20;
            list.Add(more);
        }

        if (Cluster.Members.Count == 0)
            list.Clear();
        foreach (var model in list.Where(_ => Script.Release == ExoRelease.V1071))
            model!.AsObject().Remove("reasoning_dialect");
        return Json(Golden.Write(sample));
    }

    private IResult Delete(string id)
    {
        if (!Cluster.Has(id))
            return Error(404, "Instance not found");
        Cluster.Remove(id);
        return Json(Golden.Read("delete.json").Replace(Golden.InstanceId, id, StringComparison.Ordinal));
    }

    private async Task<IResult> CreateAsync(HttpRequest request)
    {
        if (await BodyAsync(request).ConfigureAwait(false) is not { } body || body["instance"] is not JsonObject instance || ExoCluster.ModelOf(instance) is not { } model)
            return Invalid("instance");
        var cards = instance.First().Value!["shardAssignments"]!["runnerToShard"]!.AsObject().Select(r => r.Value!.AsObject().First().Value!["modelCard"]!.AsObject());
        if (cards.Any(c => c.ContainsKey("backends") != (Script.Release == ExoRelease.Main)))
            return Invalid("backends");
        if (_previews.SizeOf(model) > Cluster.Members.Sum(Cluster.Free))
            return Error(400, "Insufficient memory to create instance");
        Cluster.Place(instance);
        return Created(model);
    }

    private async Task<IResult> PlaceAsync(HttpRequest request)
    {
        if (await BodyAsync(request).ConfigureAwait(false) is not { } body || (string?)body["model_id"] is not { } model)
            return Invalid("model_id");
        if (_previews.SizeOf(model) is null)
            return Text(500, "Internal Server Error");
        // Without room EXO says the same, and nothing ever appears.
        if (_previews.Best(model, (int?)body["min_nodes"] ?? 1) is { } instance)
            Cluster.Place(instance);
        return Created(model);
    }

    private async Task ChatAsync(HttpContext http)
    {
        if (await BodyAsync(http.Request).ConfigureAwait(false) is not { } body || (string?)body["model"] is not { } model || body["messages"] is not JsonArray)
        {
            await Invalid("messages").ExecuteAsync(http).ConfigureAwait(false);
            return;
        }

        ChatBodies.Enqueue(body.DeepClone().AsObject());
        await _chats.AnswerAsync(http, body, model).ConfigureAwait(false);
    }

    private async Task AwaitAsync(HttpContext http, string model_id, int? timeout_seconds)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        var instance = Cluster.InstanceOf(model_id);
        var message = instance is null
            ? $"{{\"type\":\"timeout\",\"message\":\"No instance within {timeout_seconds ?? 0} s\"}}"
            : $"{{\"type\":\"ready\",\"instance\":{Cluster.Render("instances", instance)}}}";
        await http.Response.WriteAsync($"data: {message}\n\n", http.RequestAborted).ConfigureAwait(false);
    }

    private IResult Created(string model)
    {
        var reply = Golden.Parse("place.json");
        reply["command_id"] = Guid.NewGuid().ToString();
        reply["model_card"] = _previews.Card(model);
        return Json(Golden.Write(reply));
    }

    private static async Task<JsonObject?> BodyAsync(HttpRequest request)
    {
        try
        {
            return await JsonNode.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted).ConfigureAwait(false) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IResult Json(string body, int status = 200) => Results.Text(body, "application/json", null, status);

    private static IResult Text(int status, string body) => Results.Text(body, "text/plain", null, status);

    private static IResult Error(int status, string message) => Json(
        Golden.Write(new JsonObject
        {
            ["error"] = new JsonObject { ["message"] = message, ["type"] = status == 404 ? "Not Found" : "Bad Request", ["param"] = null, ["code"] = status },
        }), status);

    private static IResult Invalid(string field)
        => Json($"{{\"detail\":[{{\"type\":\"missing\",\"loc\":[\"body\",\"{field}\"],\"msg\":\"Field required\",\"input\":{{}}}}]}}", 422);
}
