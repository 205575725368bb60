using System.Globalization;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Hub;

/// <summary>
/// The HTTP API of one hub for one account. Every expected failure comes back as a fault: the hub's own (problem+json), or
/// <c>unavailable</c> when it cannot be reached and <c>untrusted-hub</c> when its certificate is not the pinned one. Calls that
/// may be repeated are retried. Safe for concurrent use.
/// </summary>
public sealed class HubClient : IDisposable
{
    private readonly HubConnection _connection;
    private HubInfo? _info;

    /// <summary>
    /// A client of <paramref name="address"/>. Without <paramref name="apiKey"/> only accounts can be opened and public pages
    /// read. <paramref name="transport"/> replaces the network and is disposed with the client.
    /// </summary>
    public HubClient(HubAddress address, string? apiKey, TimeProvider time, HttpMessageHandler? transport = null)
    {
        _connection = new HubConnection(address, apiKey, time, transport);
        Blobs = new BlobTransfers(_connection);
    }

    /// <summary>Where the hub is.</summary>
    public HubAddress Address => _connection.Address;

    /// <summary>Storing and fetching ciphertext.</summary>
    public BlobTransfers Blobs { get; }

    /// <summary>GET /v1/info, asked once.</summary>
    public async Task<Outcome<HubInfo>> InfoAsync(CancellationToken ct = default)
    {
        if (Volatile.Read(ref _info) is { } known)
            return known;
        var answer = await _connection.GetAsync<HubInfo>("v1/info", ct).ConfigureAwait(false);
        if (answer.IsOk)
            Volatile.Write(ref _info, answer.Value);
        return answer;
    }

    /// <summary>POST /v1/accounts. Sent once: a repeat would make a second API key.</summary>
    public Task<Outcome<OpenAccountResponse>> OpenAccountAsync(OpenAccountRequest request, CancellationToken ct = default)
        => _connection.PostAsync<OpenAccountRequest, OpenAccountResponse>("v1/accounts", request, false, ct);

    /// <summary>GET /v1/account.</summary>
    public Task<Outcome<AccountResponse>> AccountAsync(CancellationToken ct = default)
        => _connection.GetAsync<AccountResponse>("v1/account", ct);

    /// <summary>POST /v1/account/keys. Sent once.</summary>
    public Task<Outcome<AddKeyResponse>> AddKeyAsync(string label, CancellationToken ct = default)
        => _connection.PostAsync<AddKeyRequest, AddKeyResponse>("v1/account/keys", new AddKeyRequest(label), false, ct);

    /// <summary>DELETE /v1/account/keys/{id}: that key stops working at once.</summary>
    public Task<Fault?> RemoveKeyAsync(string keyId, CancellationToken ct = default)
        => _connection.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"v1/account/keys/{Uri.EscapeDataString(keyId)}"), true, ct);

    /// <summary>GET /v1/account/receipts, oldest first; <paramref name="after"/> is the previous page's <c>Next</c>.</summary>
    public Task<Outcome<AccountReceiptPage>> AccountReceiptsAsync(ulong? after = null, CancellationToken ct = default)
        => _connection.GetAsync<AccountReceiptPage>(
            after is { } seq ? string.Create(CultureInfo.InvariantCulture, $"v1/account/receipts?after={seq}") : "v1/account/receipts", ct);

    /// <summary>GET /v1/account/receipts/{sequenceNr}: the receipt's file, not verified. <c>erased</c> when its key was destroyed.</summary>
    public Task<Outcome<byte[]>> AccountReceiptAsync(ulong sequenceNr, CancellationToken ct = default)
        => _connection.BytesAsync(new(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"v1/account/receipts/{sequenceNr}")), true, ct);

    /// <summary>
    /// DELETE /v1/account: cancels and erases every task, deletes every blob, closes the account for good. <c>not-yet</c> while
    /// pay is on its way: repeat it.
    /// </summary>
    public Task<Fault?> CloseAccountAsync(CancellationToken ct = default)
        => _connection.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "v1/account"), true, ct);

    /// <summary>POST /v1/quotes.</summary>
    public Task<Outcome<QuoteResponse>> QuoteAsync(QuoteRequest request, CancellationToken ct = default)
        => _connection.PostAsync<QuoteRequest, QuoteResponse>("v1/quotes", request, true, ct);

    /// <summary>POST /v1/tasks; repeating the same submission is harmless.</summary>
    public Task<Outcome<SubmitResponse>> SubmitAsync(SubmitRequest request, CancellationToken ct = default)
        => _connection.PostAsync<SubmitRequest, SubmitResponse>("v1/tasks", request, true, ct);

    /// <summary>GET /v1/tasks, newest first; <paramref name="after"/> is the previous page's <c>Next</c>.</summary>
    public Task<Outcome<TaskPage>> TasksAsync(string? after = null, CancellationToken ct = default)
        => _connection.GetAsync<TaskPage>(after is null ? "v1/tasks" : $"v1/tasks?after={Uri.EscapeDataString(after)}", ct);

    /// <summary>GET /v1/tasks/{id}.</summary>
    public Task<Outcome<TaskResponse>> TaskAsync(TaskId task, CancellationToken ct = default)
        => _connection.GetAsync<TaskResponse>($"v1/tasks/{task}", ct);

    /// <summary>
    /// GET /v1/tasks/{id}/logs: the attempts that have logs; waits so long (25 s at most) until they have more bytes than
    /// <paramref name="after"/>, or the task has ended.
    /// </summary>
    public Task<Outcome<TaskLogsResponse>> TaskLogsAsync(TaskId task, long? after, int waitSeconds, CancellationToken ct = default)
        => _connection.GetAsync<TaskLogsResponse>(
            string.Create(CultureInfo.InvariantCulture, $"v1/tasks/{task}/logs?after={after ?? -1}&wait={waitSeconds}"), ct);

    /// <summary>
    /// GET /v1/tasks/{id}/parts/{part}/attempts/{attempt}/log: the encrypted chunks from one on, as <see cref="LogRecords"/> says; waits so long
    /// for one.
    /// </summary>
    public Task<Outcome<byte[]>> AttemptLogAsync(TaskId task, int part, int attempt, uint from, int waitSeconds, CancellationToken ct = default)
        => _connection.BytesAsync(
            new(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"v1/tasks/{task}/parts/{part}/attempts/{attempt}/log?from={from}&wait={waitSeconds}")), true, ct);

    /// <summary>GET /v1/tasks/{id}/receipt: the receipt's file, not verified. <c>erased</c> when its key was destroyed.</summary>
    public Task<Outcome<byte[]>> TaskReceiptAsync(TaskId task, CancellationToken ct = default)
        => _connection.BytesAsync(new(HttpMethod.Get, $"v1/tasks/{task}/receipt"), true, ct);

    /// <summary>
    /// GET /v1/tasks/{id}/key-requests: attempts under sealed custody that wait for keys; waits so long for one, at most 25 s.
    /// </summary>
    public Task<Outcome<KeyRequestsResponse>> KeyRequestsAsync(TaskId task, int waitSeconds, CancellationToken ct = default)
        => _connection.GetAsync<KeyRequestsResponse>(string.Create(CultureInfo.InvariantCulture, $"v1/tasks/{task}/key-requests?wait={waitSeconds}"), ct);

    /// <summary>GET /v1/tasks/{id}/key-requests/{node}/enrolment: a receipt's file, not verified.</summary>
    public Task<Outcome<byte[]>> NodeEnrolmentAsync(TaskId task, NodeId node, CancellationToken ct = default)
        => _connection.BytesAsync(new(HttpMethod.Get, $"v1/tasks/{task}/key-requests/{node}/enrolment"), true, ct);

    /// <summary>POST /v1/tasks/{id}/key-grants; a repeat is refused per attempt and does no harm.</summary>
    public Task<Outcome<KeyGrantsResponse>> GrantKeysAsync(TaskId task, KeyGrantsRequest grants, CancellationToken ct = default)
        => _connection.PostAsync<KeyGrantsRequest, KeyGrantsResponse>($"v1/tasks/{task}/key-grants", grants, true, ct);

    /// <summary>
    /// GET /v1/tasks/{id}/comparisons: parts whose results differ and wait for their owner; waits so long for one, at most 25 s.
    /// </summary>
    public Task<Outcome<ComparisonsResponse>> ComparisonsAsync(TaskId task, int waitSeconds, CancellationToken ct = default)
        => _connection.GetAsync<ComparisonsResponse>(string.Create(CultureInfo.InvariantCulture, $"v1/tasks/{task}/comparisons?wait={waitSeconds}"), ct);

    /// <summary>POST /v1/tasks/{id}/comparisons; a repeat is refused per part and does no harm.</summary>
    public Task<Outcome<CompareResponse>> CompareAsync(TaskId task, CompareRequest compared, CancellationToken ct = default)
        => _connection.PostAsync<CompareRequest, CompareResponse>($"v1/tasks/{task}/comparisons", compared, true, ct);

    /// <summary>GET /v1/tasks/{id}/why.</summary>
    public Task<Outcome<WhyInfo>> WhyAsync(TaskId task, CancellationToken ct = default)
        => _connection.GetAsync<WhyInfo>($"v1/tasks/{task}/why", ct);

    /// <summary>PATCH /v1/tasks/{id}. Retries carry the same Idempotency-Key, so the change is made once.</summary>
    public Task<Fault?> AdjustAsync(TaskId task, AdjustRequest change, string idempotencyKey, CancellationToken ct = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, $"v1/tasks/{task}") { Content = HubConnection.Json(change) };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return _connection.SendAsync(request, true, ct);
    }

    /// <summary>POST /v1/tasks/{id}/cancel; what was finished is paid, the rest of the hold returns.</summary>
    public Task<Fault?> CancelAsync(TaskId task, CancellationToken ct = default)
        => _connection.SendAsync(new HttpRequestMessage(HttpMethod.Post, $"v1/tasks/{task}/cancel"), true, ct);

    /// <summary>DELETE /v1/tasks/{id}: destroys ciphertext and sealed keys of an ended task.</summary>
    public Task<Fault?> DeleteTaskAsync(TaskId task, CancellationToken ct = default)
        => _connection.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"v1/tasks/{task}"), true, ct);

    /// <summary>
    /// GET /v1/tasks/{id}/events: the present state, then every change until the task has ended. Cuts are bridged by
    /// reconnecting; a fault is the last element, and only when the hub refuses or stays unreachable.
    /// </summary>
    public IAsyncEnumerable<Outcome<TaskNewsInfo>> WatchAsync(TaskId task, CancellationToken ct = default)
        => new TaskFeed(_connection, task).ReadAsync(ct);

    /// <summary>GET /v1/nodes.</summary>
    public Task<Outcome<NodeInfo[]>> NodesAsync(CancellationToken ct = default) => _connection.GetAsync<NodeInfo[]>("v1/nodes", ct);

    /// <summary>GET /v1/nodes/{id}.</summary>
    public Task<Outcome<NodeInfo>> NodeAsync(NodeId node, CancellationToken ct = default)
        => _connection.GetAsync<NodeInfo>(string.Create(CultureInfo.InvariantCulture, $"v1/nodes/{node}"), ct);

    /// <summary>GET /v1/models.</summary>
    public Task<Outcome<ModelInfo[]>> ModelsAsync(CancellationToken ct = default) => _connection.GetAsync<ModelInfo[]>("v1/models", ct);

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}
