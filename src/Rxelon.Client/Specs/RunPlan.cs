using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using YamlDotNet.RepresentationModel;

namespace Rxelon.Client.Specs;

/// <summary>The run section, and the name a task gets when nobody gives it one.</summary>
public sealed record RunPlan(WorkloadKind Kind, ImageReference? Image, ProgramPlan Program, string DefaultName)
{
    internal static RunPlan? Read(string kind, YamlFields run, List<SpecError> errors)
        => run.TakeFields(kind) is not { } fields ? null
            : kind switch
            {
                "wasm" => ReadWasm(fields),
                "docker" => ReadDocker(fields, errors),
                _ => ReadMock(fields),
            };

    /// <summary>Whether the text names an image's file and not an image.</summary>
    public static bool IsPath(string text) => text.EndsWith(".tar", StringComparison.Ordinal) || text.StartsWith('.') || text.StartsWith('/');

    private static RunPlan ReadWasm(YamlFields fields)
    {
        if (!fields.Has("module"))
            fields.Fail("module", fields.Start, "this field is required: the path of the .wasm file.");
        var module = fields.TakeText("module") ?? "";
        var program = new ProgramPlan { ModulePath = module, Args = fields.TakeList("args") };
        fields.RefuseRest();
        var name = Path.GetFileNameWithoutExtension(module);
        return new RunPlan(WorkloadKind.Wasm, null, program, name.Length is > 0 and <= 64 ? name : "wasm");
    }

    private static RunPlan ReadMock(YamlFields fields)
    {
        var program = new ProgramPlan { Args = fields.TakeList("args") };
        fields.RefuseRest();
        return new RunPlan(WorkloadKind.Mock, null, program, "mock");
    }

    private static RunPlan ReadDocker(YamlFields fields, List<SpecError> errors)
    {
        if (!fields.Has("image"))
            fields.Fail("image", fields.Start, "this field is required: sha256:…, name@sha256:…, or the path of an image's .tar file.");
        ImageReference? image = null;
        string? path = null;
        if (fields.Take("image") is { } node)
        {
            var text = (node as YamlScalarNode)?.Value ?? "";
            image = ImageReference.Parse(text);
            if (image is null && IsPath(text))
                path = text;
            else if (image is null)
                errors.Add(YamlFields.At(FaultCodes.Malformed, "run.docker.image", node.Start, $"'{text}' names no digest, and a tag may change: write sha256:… or name@sha256:… (docker inspect --format '{{{{.Id}}}}' NAME)."));
        }

        var program = new ProgramPlan
        {
            ImagePath = path,
            Args = fields.TakeList("args"),
            Command = fields.TakeList("command"),
            Workdir = fields.TakeText("workdir") ?? "",
            User = fields.TakeText("user") ?? "",
        };
        fields.RefuseRest();
        return new RunPlan(WorkloadKind.Docker, image, program, "docker");
    }
}
