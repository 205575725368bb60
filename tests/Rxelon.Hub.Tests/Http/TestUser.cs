using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Http;

/// <summary>An account's keys and its connection.</summary>
public sealed class TestUser(Uri hub) : IDisposable
{
    public HttpClient Http { get; } = new() { BaseAddress = hub };

    public SigningKeyPair Signing { get; } = SigningKeyPair.Generate();

    public ExchangeKeyPair Exchange { get; } = ExchangeKeyPair.Generate();

    public AccountId Account => AccountId.OfSigningKey(Signing.PublicKey);

    public string ApiKey { get; private set; } = "";

    public OpenAccountRequest Opening(string kind = "user", DateTimeOffset? at = null)
    {
        var now = (at ?? DateTimeOffset.UtcNow).ToUnixTimeMilliseconds();
        return new OpenAccountRequest(
            "Ada", kind, Signing.PublicKey, Exchange.PublicKey, now,
            Signing.Sign(SignedStatements.OpenAccount(Signing.PublicKey, Exchange.PublicKey, now)));
    }

    public async Task OpenAsync(string kind = "user")
    {
        var opened = (await PostAsync("/v1/accounts", Opening(kind))).AssertStatus(201).Read<OpenAccountResponse>();
        Assert.Equal(Account, opened.Account);
        Use(opened.ApiKey);
    }

    public void Use(string apiKey)
    {
        ApiKey = apiKey;
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
    }

    public Task<Answer> GetAsync(string path) => Answer.OfAsync(Http.GetAsync(path));

    public Task<Answer> DeleteAsync(string path) => Answer.OfAsync(Http.DeleteAsync(path));

    public Task<Answer> PostAsync<T>(string path, T body) => Answer.OfAsync(Http.PostAsync(path, Answer.Json(body)));

    public Task<Answer> PostTextAsync(string path, string json)
        => Answer.OfAsync(Http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json")));

    public Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return Answer.OfAsync(Http.SendAsync(request));
    }

    public async Task<IReadOnlyList<BlobInfo>> StoreAsync(params byte[][] blobs)
    {
        var content = new ByteArrayContent(BlobPack.Write([.. blobs.Select(b => (ReadOnlyMemory<byte>)b)]));
        content.Headers.ContentType = new MediaTypeHeaderValue(BlobPack.MediaType);
        return (await SendAsync(HttpMethod.Post, "/v1/blobs/pack", content)).AssertStatus(200).Read<PackResponse>().Stored;
    }

    /// <summary>A mock task whose blobs are stored, signed.</summary>
    public async Task<SubmitRequest> PrepareAsync(int parts = 1, Func<TaskSpec, TaskSpec>? change = null, long budget = 50 * Tokens.PerToken)
    {
        var stored = await StoreAsync([.. Enumerable.Range(0, parts + 1).Select(_ => RandomNumberGenerator.GetBytes(100))]);
        var vault = (await GetAsync("/v1/info")).Read<HubInfo>().VaultKey;
        var task = TaskId.FromBytes(RandomNumberGenerator.GetBytes(16));
        var spec = new TaskSpec { Name = "test", Kind = WorkloadKind.Mock };
        spec = change?.Invoke(spec) ?? spec;
        var key = KeySchedule.NewTaskKey();
        return Sign(new SubmitRequest(
            task, spec.ToBytes(), [.. stored.Skip(1)], stored[0], KeyWrap.Wrap(key, Exchange.PublicKey, KeyWrapContext.TaskOwner(task)).ToBytes(),
            new Tokens(budget), [],
            VaultKey: spec.Privacy.Custody == Custody.Managed ? KeyWrap.Wrap(key, vault, KeyWrapContext.TaskVault(task)).ToBytes() : null));
    }

    public SubmitRequest Sign(SubmitRequest r) => r with
    {
        Signature = Signing.Sign(SignedStatements.Submit(
            r.Task, Account, r.Spec, [.. r.Parts.Select(p => new BlobRef(p.Id, p.Size))], new BlobRef(r.Program.Id, r.Program.Size), r.Budget)),
    };

    public async Task<TaskId> SubmitAsync(int parts = 1)
    {
        var request = await PrepareAsync(parts);
        (await PostAsync("/v1/tasks", request)).AssertStatus(201);
        return request.Task;
    }

    public void Dispose()
    {
        Http.Dispose();
        Signing.Dispose();
        Exchange.Dispose();
    }
}
