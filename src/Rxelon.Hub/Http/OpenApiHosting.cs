using Microsoft.OpenApi;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>The API's description at /openapi/v1.json.</summary>
internal static class OpenApiHosting
{
    private const string ApiKey = "apiKey";

    private static readonly Dictionary<Type, (JsonSchemaType Type, string Description)> Values = new()
    {
        [typeof(TaskId)] = (JsonSchemaType.String, "t_ and 26 base32 characters"),
        [typeof(AccountId)] = (JsonSchemaType.String, "a_ and 26 base32 characters"),
        [typeof(NodeId)] = (JsonSchemaType.String, "n_ and 26 base32 characters"),
        [typeof(BlobId)] = (JsonSchemaType.String, "SHA-256, 64 lower-case hex digits"),
        [typeof(Tokens)] = (JsonSchemaType.Integer, "micro-tokens"),
    };

    internal static IServiceCollection AddRxelonOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (Values.TryGetValue(Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type, out var known))
                (schema.Type, schema.Description) = known;
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Rxelon hub", Version = "v1",
                Description = "Errors are problem details (RFC 9457) with a stable code, whether a retry helps, and the field that is wrong.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[ApiKey] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An account's API key, rxk_…",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<NeedsAccount>().Any())
            {
                operation.Security ??= [];
                operation.Security.Add(new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(ApiKey, context.Document)] = [] });
            }

            operation.Responses ??= [];
            operation.Responses["default"] = new OpenApiResponse
            {
                Description = $"A problem, {Answers.ProblemType}: type, title, status, detail, code, retryable, field ({nameof(ProblemInfo)}).",
            };
            return Task.CompletedTask;
        });
    });
}
