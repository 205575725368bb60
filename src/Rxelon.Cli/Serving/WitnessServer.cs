using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rxelon.Client.Ledger.Witnessing;

namespace Rxelon.Cli.Serving;

/// <summary>A witness over HTTP: <c>POST /add-checkpoint</c> and <c>GET /{hex SHA-256 of the origin}/checkpoint</c>.</summary>
internal static class WitnessServer
{
    internal static Task<RunningServer> StartAsync(ListenAddress listen, Witness witness, CancellationToken ct)
        => RunningServer.StartAsync(listen, AddCheckpointRequest.MaxBytes, app =>
        {
            app.MapPost("/" + Witness.SubmissionPath, async (HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted).ConfigureAwait(false);
                return Answer(witness.AddCheckpoint(body.ToArray()));
            });
            app.MapGet("/{id}/checkpoint", (string id, HttpResponse response) =>
            {
                response.Headers.CacheControl = "no-store";
                return Answer(witness.Latest(id));
            });
        }, ct);

    private static IResult Answer(WitnessAnswer answer) => new Raw(answer);

    private sealed class Raw(WitnessAnswer answer) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.StatusCode = answer.Status;
            context.Response.ContentType = answer.ContentType;
            context.Response.ContentLength = answer.Body.Length;
            return context.Response.Body.WriteAsync(answer.Body, context.RequestAborted).AsTask();
        }
    }
}
