using Rxelon.Client.Specs;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Specs;

public sealed class ModelFileSpecs
{
    [Fact]
    public void A_question_becomes_a_plan_whose_spec_says_the_models_name_only()
    {
        var (plan, errors) = TaskFile.Parse("""
            run:
              model: { name: mlx-community/Llama-3.2-1B-Instruct-4bit, prompt: Say hello, system: Be brief, maxTokens: 12, temperature: 0.5, topP: 0.9, seed: -3, stop: [END] }
            """, "/");

        Assert.Empty(errors);
        Assert.Equal((WorkloadKind.Model, "mlx-community/Llama-3.2-1B-Instruct-4bit", "Llama-3.2-1B-Instruct-4bit"), (plan!.Spec.Kind, plan.Spec.Image, plan.Spec.Name));
        Assert.Equal(
            """{"messages":[{"role":"system","content":"Be brief"},{"role":"user","content":"Say hello"}],"max_tokens":12,"temperature":0.5,"top_p":0.9,"seed":-3,"stop":["END"]}""",
            plan.Program.Model!.ToRequest("/").Value);
        Assert.DoesNotContain("hello", System.Text.Encoding.UTF8.GetString(plan.Spec.ToBytes()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run: { model: { prompt: x } }", "run.model.name")]
    [InlineData("run: { model: { name: '../x', prompt: x } }", "run.model.name")]
    [InlineData("run: { model: { name: a/b, maxTokens: 0 } }", "run.model.maxTokens")]
    [InlineData("run: { model: { name: a/b, promt: x } }", "run.model.promt")]
    [InlineData("run: { model: { name: a/b }, wasm: { module: x } }", "run")]
    public void What_is_wrong_is_named(string yaml, string field)
        => Assert.Contains(TaskFile.Parse(yaml, "/").Errors, e => e.Field == field);

    [Fact]
    public void A_prompt_may_be_a_file()
    {
        var folder = Directory.CreateTempSubdirectory("rx-prompt-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "q.txt"), "from the file");

            Assert.Contains("from the file", new ModelPlan { Prompt = "q.txt" }.ToRequest(folder.FullName).Value, StringComparison.Ordinal);
            Assert.Contains("from the file", new ModelPlan { Prompt = "@q.txt" }.ToRequest(folder.FullName).Value, StringComparison.Ordinal);
            Assert.Contains("no-file", new ModelPlan { Prompt = "no-file" }.ToRequest(folder.FullName).Value, StringComparison.Ordinal);
            Assert.Equal("not-found", new ModelPlan { Prompt = "@no-file" }.ToRequest(folder.FullName).Fault?.Code);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
