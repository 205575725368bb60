using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rxelon.Node.Executors.Vm;

/// <summary>
/// QEMU's control socket (QMP: JSON lines, https://www.qemu.org/docs/master/interop/qmp-spec.html). One command at a time;
/// events that come between are kept by name. Throws <see cref="IOException"/> when QEMU is gone or says something else.
/// </summary>
internal sealed class QmpClient : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;
    private readonly List<string> _events = [];

    private QmpClient(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new StreamReader(_stream);
    }

    /// <summary>Names of the events seen while waiting for answers.</summary>
    internal IReadOnlyList<string> Events => _events;

    /// <summary>Takes the connected socket, reads the greeting and leaves negotiation mode.</summary>
    internal static async Task<QmpClient> OpenAsync(Socket socket, CancellationToken cancel)
    {
        var client = new QmpClient(socket);
        using (var greeting = await client.ReadAsync(cancel).ConfigureAwait(false))
        {
            if (!greeting.RootElement.TryGetProperty("QMP", out _))
                throw new IOException("QEMU's control socket does not greet.");
        }

        await client.ExecuteAsync("qmp_capabilities", cancel).ConfigureAwait(false);
        return client;
    }

    /// <summary>The machine's state, such as "running", "paused" or "internal-error".</summary>
    internal async Task<string> StatusAsync(CancellationToken cancel)
        => (await ExecuteAsync("query-status", cancel).ConfigureAwait(false)).GetProperty("status").GetString() ?? "";

    /// <summary>Runs a command without arguments; gives what it returned.</summary>
    internal async Task<JsonElement> ExecuteAsync(string command, CancellationToken cancel)
    {
        await _stream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new QmpCommand(command), QmpJson.Default.QmpCommand), cancel).ConfigureAwait(false);
        while (true)
        {
            using var answer = await ReadAsync(cancel).ConfigureAwait(false);
            var root = answer.RootElement;
            if (root.TryGetProperty("return", out var value))
                return value.Clone();
            if (root.TryGetProperty("error", out var error))
                throw new IOException($"QEMU refused {command}: {error.GetProperty("desc").GetString()}");
            if (root.TryGetProperty("event", out var name))
                _events.Add(name.GetString() ?? "");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<JsonDocument> ReadAsync(CancellationToken cancel)
    {
        var line = await _reader.ReadLineAsync(cancel).ConfigureAwait(false) ?? throw new IOException("QEMU closed its control socket.");
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            throw new IOException("QEMU's control socket speaks no JSON.", e);
        }
    }
}

internal sealed record QmpCommand(string Execute);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(QmpCommand))]
internal sealed partial class QmpJson : JsonSerializerContext;
