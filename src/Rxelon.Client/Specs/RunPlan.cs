using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using YamlDotNet.RepresentationModel;

namespace Rxelon.Client.Specs;

/// <summary>The run section, and the name a task gets when nobody gives it one.</summary>
public sealed record RunPlan(WorkloadKind Kind, string? Image, ProgramPlan Program, string DefaultName)
{
    private const string Digest = "sha256:";
    private const int DigestDigits = 64;

    /// <summary>The image's digest in <c>sha256:…</c> or <c>name@sha256:…</c>; null when the text names no digest.</summary>
    public static string? ImageDigest(string text)
    {
        var digest = text[(text.LastIndexOf('@') + 1)..];
        return digest.StartsWith(Digest, StringComparison.Ordinal) && digest.Length == Digest.Length + DigestDigits
            && !digest.AsSpan(Digest.Length).ContainsAnyExcept("0123456789abcdef") ? digest : null;
    }

    internal static RunPlan? Read(string kind, YamlFields run, List<SpecError> errors)
        => run.TakeFields(kind) is not { } fields ? null
            : kind switch
            {
                "wasm" => ReadWasm(fields),
                "docker" => ReadDocker(fields, errors),
                "vm" => ReadVm(fields, errors),
                _ => ReadMock(fields),
            };

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

    private static RunPlan ReadVm(YamlFields fields, List<SpecError> errors)
    {
        foreach (var needed in (string[])["image", "command"])
        {
            if (!fields.Has(needed))
                fields.Fail(needed, fields.Start, needed == "image" ? "this field is required: sha256:…." : "this field is required: a machine's image has no command of its own.");
        }

        string? image = null;
        if (fields.Take("image") is { } node)
        {
            var text = (node as YamlScalarNode)?.Value ?? "";
            image = ImageDigest(text);
            if (image is null)
                errors.Add(YamlFields.At(FaultCodes.Malformed, "run.vm.image", node.Start, $"'{text}' is no digest: write sha256:… (rxelon-node vm-image add prints it)."));
        }

        var program = new ProgramPlan
        {
            Args = fields.TakeList("args"),
            Command = fields.TakeList("command"),
            Workdir = fields.TakeText("workdir") ?? "",
            User = fields.TakeText("user") ?? "",
        };
        fields.RefuseRest();
        return new RunPlan(WorkloadKind.Vm, image, program, "vm");
    }

    private static RunPlan ReadDocker(YamlFields fields, List<SpecError> errors)
    {
        if (!fields.Has("image"))
            fields.Fail("image", fields.Start, "this field is required: sha256:… or name@sha256:….");
        string? image = null;
        if (fields.Take("image") is { } node)
        {
            var text = (node as YamlScalarNode)?.Value ?? "";
            image = ImageDigest(text);
            if (image is null && (text.EndsWith(".tar", StringComparison.Ordinal) || text.StartsWith('.') || text.StartsWith('/')))
                errors.Add(YamlFields.At(FaultCodes.NotYet, "run.docker.image", node.Start, "shipping an image file comes with a later release; name an image that nodes have by digest (sha256:…)."));
            else if (image is null)
                errors.Add(YamlFields.At(FaultCodes.Malformed, "run.docker.image", node.Start, $"'{text}' names no digest, and a tag may change: write sha256:… or name@sha256:… (docker inspect --format '{{{{.Id}}}}' NAME)."));
        }

        var program = new ProgramPlan
        {
            Args = fields.TakeList("args"),
            Command = fields.TakeList("command"),
            Workdir = fields.TakeText("workdir") ?? "",
            User = fields.TakeText("user") ?? "",
        };
        fields.RefuseRest();
        return new RunPlan(WorkloadKind.Docker, image, program, "docker");
    }
}
