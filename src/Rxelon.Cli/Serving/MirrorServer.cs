using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rxelon.Client.Ledger;

namespace Rxelon.Cli.Serving;

/// <summary>A mirror's files over HTTP. The checkpoint is short-lived, everything else never changes (C2SP tlog-tiles).</summary>
internal static class MirrorServer
{
    private const string Short = "public, max-age=1";
    private const string Ever = "public, max-age=31536000, immutable";

    internal static Task<RunningServer> StartAsync(ListenAddress listen, string folder, CancellationToken ct)
        => RunningServer.StartAsync(listen, 0, app => app.MapMethods("/{**path}", ["GET", "HEAD"], (string? path, HttpResponse response) =>
        {
            var file = Path.Combine(folder, path ?? "");
            if (path is null || !LogMirror.Serves(path) || !File.Exists(file))
                return Results.NotFound();
            var isCheckpoint = path == LogReader.CheckpointPath;
            response.Headers.CacheControl = isCheckpoint ? Short : Ever;
            return Results.File(file, isCheckpoint ? "text/plain; charset=utf-8" : "application/octet-stream");
        }), ct);
}
