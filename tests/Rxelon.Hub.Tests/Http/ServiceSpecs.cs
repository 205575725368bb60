using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Http;

[Collection(HubCollection.Name)]
public sealed class ServiceSpecs(RunningHub hub)
{
    [Fact]
    public async Task Health_needs_no_key_and_readiness_names_its_checks()
    {
        (await Get("/health")).AssertStatus(200);
        var ready = (await Get("/health/ready")).AssertStatus(200).Read<HealthInfo>();
        Assert.Equal(["blobs", "disk", "edge", "entities", "ledger", "uploads"], ready.Checks.Keys.Order());
        Assert.All(ready.Checks.Values, c => Assert.Equal("ok", c));
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_problems_too()
    {
        (await Get("/v1/nothing")).AssertProblem(404, FaultCodes.NotFound);
        (await Answer.OfAsync(hub.Http.PutAsync("/v1/info", null))).AssertProblem(405, FaultCodes.Malformed);
    }

    [Fact]
    public async Task The_description_lists_every_route_with_a_summary()
    {
        var document = JsonDocument.Parse((await Get("/openapi/v1.json")).AssertStatus(200).Body).RootElement.GetProperty("paths");
        var described = document.EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(o => $"{o.Name.ToUpperInvariant()} {path.Name}")).ToHashSet();
        var routes = hub.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)
            .SelectMany(e => e.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(m => $"{m} /{e.RoutePattern.RawText!.Trim('/').Replace("{**", "{", StringComparison.Ordinal)}"))
            .Distinct().ToList();
        Assert.True(routes.Count > 25, $"{routes.Count} routes");
        Assert.Empty(routes.Except(described));
        foreach (var operation in document.EnumerateObject().SelectMany(p => p.Value.EnumerateObject()))
            Assert.False(string.IsNullOrEmpty(operation.Value.GetProperty("summary").GetString()));
    }

    [Fact]
    public async Task The_description_says_what_ids_and_amounts_look_like()
    {
        var schemas = JsonDocument.Parse((await Get("/openapi/v1.json")).Body).RootElement.GetProperty("components").GetProperty("schemas");
        Assert.Equal("string", schemas.GetProperty("BlobId").GetProperty("type").GetString());
        Assert.Equal("integer", schemas.GetProperty("Tokens").GetProperty("type").GetString());
    }

    private Task<Answer> Get(string path) => Answer.OfAsync(hub.Http.GetAsync(path));
}
