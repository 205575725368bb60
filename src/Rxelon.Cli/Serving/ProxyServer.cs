using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rxelon.Cli.Sessions;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Serving;

/// <summary>
/// An OpenAI-compatible endpoint on this machine: GET /v1/models, GET /v1/models/{id}, POST /v1/chat/completions. Whoever calls must
/// show the local key as a bearer token.
/// </summary>
internal static class ProxyServer
{
    private const long LargestBody = 32L << 20;
    private const string Bearer = "Bearer ";

    internal static Task<RunningServer> StartAsync(ListenAddress listen, string key, ModelCalls calls, TimeProvider time, CancellationToken ct)
    {
        var expected = SHA256.HashData(Encoding.UTF8.GetBytes(Bearer + key));
        return RunningServer.StartAsync(listen, LargestBody, app =>
        {
            app.Use((http, next) => IsCaller(http, expected)
                ? next(http)
                : OpenAiErrors.WriteAsync(http, new Fault(FaultCodes.Unauthorized, "Show the key of this proxy as a bearer token (OPENAI_API_KEY); rxelon proxy says where it is.", Culprit.Input)));
            app.MapGet("/v1/models", http => ModelsAsync(http, calls));
            // Clients send the slashes of a model's name as %2F, which routing leaves alone.
            app.MapGet("/v1/models/{**id}", http => ModelAsync(http, calls, Uri.UnescapeDataString((string)http.Request.RouteValues["id"]!)));
            app.MapPost("/v1/chat/completions", http => new ChatCall(http, calls, time).AnswerAsync());
            app.MapFallback(http => OpenAiErrors.WriteAsync(http, new Fault(
                FaultCodes.NotFound, $"There is no {http.Request.Method} {http.Request.Path} here: chat completions and models only.", Culprit.Input)));
        }, ct);
    }

    private static bool IsCaller(HttpContext http, byte[] expected)
        => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(http.Request.Headers.Authorization.ToString())), expected);

    private static async Task ModelsAsync(HttpContext http, ModelCalls calls)
    {
        var models = await calls.ModelsAsync(http.RequestAborted).ConfigureAwait(false);
        await (models.Fault is { } fault
            ? OpenAiErrors.WriteAsync(http, fault)
            : OpenAiErrors.WriteAsync(http, StatusCodes.Status200OK, new JsonObject
            {
                ["object"] = "list",
                ["data"] = new JsonArray([.. models.Value.Select(m => (JsonNode)Describe(m.Model))]),
            })).ConfigureAwait(false);
    }

    private static async Task ModelAsync(HttpContext http, ModelCalls calls, string id)
    {
        var models = await calls.ModelsAsync(http.RequestAborted).ConfigureAwait(false);
        await (models.Fault is { } fault ? OpenAiErrors.WriteAsync(http, fault)
            : models.Value.Any(m => m.Model == id) ? OpenAiErrors.WriteAsync(http, StatusCodes.Status200OK, Describe(id))
            : OpenAiErrors.WriteAsync(http, ChatCall.NoModel(id), "model")).ConfigureAwait(false);
    }

    private static JsonObject Describe(string model) => new() { ["id"] = model, ["object"] = "model", ["created"] = 0, ["owned_by"] = "rxelon" };
}
