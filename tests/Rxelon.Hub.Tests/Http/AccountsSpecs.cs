using System.Text.Json;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Http;

[Collection(HubCollection.Name)]
public sealed class AccountsSpecs(RunningHub hub)
{
    [Fact]
    public async Task An_account_is_opened_by_its_key_and_shown_to_its_owner()
    {
        using var user = await hub.NewUserAsync(tokens: 7);
        var account = (await user.GetAsync("/v1/account")).AssertStatus(200).Read<AccountResponse>();
        Assert.Equal((user.Account, "Ada", "User"), (account.Account, account.Name, account.Kind));
        Assert.Equal(new Tokens(7 * Tokens.PerToken), account.Available);
        Assert.Single(account.ApiKeys);
        Assert.Equal(hub.Options.QuotaBytes, account.StoredBytesLimit);
    }

    [Fact]
    public async Task Opening_again_gives_a_further_key_to_the_same_account()
    {
        using var user = await hub.NewUserAsync();
        var first = user.ApiKey;
        await user.OpenAsync();
        Assert.NotEqual(first, user.ApiKey);
        Assert.Equal(2, (await user.GetAsync("/v1/account")).Read<AccountResponse>().ApiKeys.Count);
    }

    [Fact]
    public async Task A_wrong_signature_opens_nothing()
    {
        using var user = new TestUser(hub.Http.BaseAddress!);
        var request = user.Opening();
        request.Signature[3] ^= 1;
        (await user.PostAsync("/v1/accounts", request)).AssertProblem(400, FaultCodes.BadSignature, "signature");
        var other = user.Opening() with { UnixMillis = request.UnixMillis + 1 };
        (await user.PostAsync("/v1/accounts", other)).AssertProblem(400, FaultCodes.BadSignature, "signature");
    }

    [Theory]
    [InlineData(-11)]
    [InlineData(11)]
    public async Task A_clock_that_is_far_off_is_told_so(int minutes)
    {
        using var user = new TestUser(hub.Http.BaseAddress!);
        (await user.PostAsync("/v1/accounts", user.Opening(at: DateTimeOffset.UtcNow.AddMinutes(minutes))))
            .AssertProblem(400, FaultCodes.ClockSkew, "unixMillis");
    }

    [Theory]
    [InlineData("name", "")]
    [InlineData("name", "a\u0007b")]
    [InlineData("kind", "admin")]
    public async Task A_wrong_field_is_named(string field, string value)
    {
        using var user = new TestUser(hub.Http.BaseAddress!);
        var request = user.Opening() with { };
        request = field == "name" ? request with { Name = value } : request with { Kind = value };
        (await user.PostAsync("/v1/accounts", request)).AssertProblem(400, FaultCodes.Malformed, field);
    }

    [Fact]
    public async Task An_unknown_field_is_refused_by_name_also_inside_of_others()
    {
        using var user = await hub.NewUserAsync();
        (await user.PostTextAsync("/v1/account/keys", """{"label":"x","colour":1}""")).AssertProblem(400, FaultCodes.UnknownField, "colour");
        (await user.PostTextAsync("/v1/quotes", """{"parts":1,"spec":{"name":"x","kind":"Mock","limits":{"retrys":1}}}"""))
            .AssertProblem(400, FaultCodes.UnknownField, "spec.limits.retrys");
    }

    [Fact]
    public async Task A_missing_field_null_or_broken_json_is_malformed()
    {
        using var user = await hub.NewUserAsync();
        (await user.PostTextAsync("/v1/account/keys", "{}")).AssertProblem(400, FaultCodes.Malformed, "label");
        (await user.PostTextAsync("/v1/account/keys", """{"label":null}""")).AssertProblem(400, FaultCodes.Malformed);
        (await user.PostTextAsync("/v1/account/keys", """{"label":""")).AssertProblem(400, FaultCodes.Malformed);
        (await user.PostTextAsync("/v1/account/keys", "null")).AssertProblem(400, FaultCodes.Malformed);
        (await user.SendAsync(HttpMethod.Post, "/v1/account/keys", new StringContent("label=x"))).AssertProblem(415, FaultCodes.Malformed);
    }

    [Fact]
    public async Task Wrong_keys_are_not_let_in()
    {
        using var user = await hub.NewUserAsync();
        var key = user.ApiKey;
        foreach (var wrong in (string[])["rxk_x", key[..^1], key[..^1] + (key[^1] == 'a' ? 'b' : 'a'), key.Replace("rxk_", "rxj_", StringComparison.Ordinal)])
        {
            user.Use(wrong);
            (await user.GetAsync("/v1/account")).AssertProblem(401, FaultCodes.Unauthorized);
        }

        using var nobody = new TestUser(hub.Http.BaseAddress!);
        (await nobody.GetAsync("/v1/tasks")).AssertProblem(401, FaultCodes.Unauthorized);
    }

    [Fact]
    public async Task A_removed_key_stops_working_at_once()
    {
        using var user = await hub.NewUserAsync();
        var added = (await user.PostAsync("/v1/account/keys", new AddKeyRequest("laptop"))).AssertStatus(201).Read<AddKeyResponse>();
        var first = user.ApiKey;
        user.Use(added.ApiKey);
        (await user.GetAsync("/v1/account")).AssertStatus(200);
        user.Use(first);
        (await user.DeleteAsync($"/v1/account/keys/{added.Id}")).AssertStatus(204);
        user.Use(added.ApiKey);
        (await user.GetAsync("/v1/account")).AssertProblem(401, FaultCodes.Unauthorized);
    }

    [Fact]
    public async Task Bodies_over_the_limit_are_too_large()
    {
        using var user = await hub.NewUserAsync();
        var body = JsonSerializer.Serialize(new { label = new string('x', 2 << 20) });
        (await user.PostTextAsync("/v1/account/keys", body)).AssertProblem(413, FaultCodes.TooLarge);
    }

    [Fact]
    public async Task Closing_cancels_erases_and_forgets()
    {
        using var user = await hub.NewUserAsync();
        var task = await user.SubmitAsync(parts: 2);
        (await user.DeleteAsync("/v1/account")).AssertStatus(204);
        (await user.GetAsync($"/v1/tasks/{task}")).AssertProblem(401, FaultCodes.Unauthorized);
        using var other = await hub.NewUserAsync();
        Assert.Equal(0, await Blobs().StoredBytesAsync(user.Account, default));
        (await other.PostAsync("/v1/accounts", user.Opening())).AssertProblem(403, FaultCodes.Forbidden);
    }

    [Fact]
    public async Task No_key_ever_reaches_the_log()
    {
        using var user = await hub.NewUserAsync();
        var secret = user.ApiKey.Split('_')[^1];
        user.Use(user.ApiKey + "x");
        await user.GetAsync("/v1/account");
        Assert.DoesNotContain(secret, hub.Log, StringComparison.Ordinal);
    }

    private Rxelon.Hub.Blobs.IBlobStore Blobs()
        => (Rxelon.Hub.Blobs.IBlobStore)hub.Host.Services.GetService(typeof(Rxelon.Hub.Blobs.IBlobStore))!;
}
