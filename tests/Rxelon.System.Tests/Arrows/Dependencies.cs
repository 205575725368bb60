using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Rxelon.System.Tests.Arrows;

/// <summary>
/// Which types each type of a compiled project uses: in its signature, in its attributes and inside its methods. Nested
/// types, which is also where the compiler puts lambdas and async methods, count as their outermost type.
/// </summary>
internal sealed class Dependencies
{
    private readonly Dictionary<string, HashSet<string>> _uses = new(StringComparer.Ordinal);

    private Dependencies(ModuleDefinition module)
    {
        foreach (var type in module.GetTypes())
        {
            var outer = OutermostOf(type).FullName;
            if (!_uses.TryGetValue(outer, out var uses))
                _uses[outer] = uses = new HashSet<string>(StringComparer.Ordinal);
            foreach (var used in UsedBy(type).SelectMany(Flatten))
                uses.Add(OutermostOf(used).FullName);
            uses.Remove(outer);
        }
    }

    /// <summary>Full names of types, and of those that each one uses.</summary>
    internal IReadOnlyDictionary<string, HashSet<string>> Uses => _uses;

    internal static Dependencies Read(string project)
    {
        using var module = ModuleDefinition.ReadModule(Projects.Load(project).Location);
        return new Dependencies(module);
    }

    private static IEnumerable<TypeReference?> UsedBy(TypeDefinition type)
        => [
            type.BaseType,
            .. type.Interfaces.Select(i => i.InterfaceType),
            .. type.Fields.Select(f => f.FieldType),
            .. type.GenericParameters.SelectMany(g => g.Constraints).Select(c => c.ConstraintType),
            .. type.CustomAttributes.Select(a => a.AttributeType),
            .. type.Methods.SelectMany(UsedBy),
        ];

    private static IEnumerable<TypeReference?> UsedBy(MethodDefinition method)
        => [
            method.ReturnType,
            .. method.Parameters.Select(p => p.ParameterType),
            .. method.GenericParameters.SelectMany(g => g.Constraints).Select(c => c.ConstraintType),
            .. method.CustomAttributes.Select(a => a.AttributeType),
            .. method.HasBody ? method.Body.Variables.Select(v => v.VariableType) : [],
            .. method.HasBody ? method.Body.ExceptionHandlers.Select(h => h.CatchType) : [],
            .. method.HasBody ? method.Body.Instructions.SelectMany(UsedBy) : [],
        ];

    private static IEnumerable<TypeReference?> UsedBy(Instruction instruction) => instruction.Operand switch
    {
        GenericInstanceMethod m => [m.DeclaringType, m.ReturnType, .. m.GenericArguments],
        MethodReference m => [m.DeclaringType, m.ReturnType],
        FieldReference f => [f.DeclaringType, f.FieldType],
        TypeReference t => [t],
        _ => [],
    };

    private static IEnumerable<TypeReference> Flatten(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType g => [g.ElementType, .. g.GenericArguments.SelectMany(Flatten)],
        TypeSpecification s => Flatten(s.ElementType),
        _ => [type],
    };

    private static TypeReference OutermostOf(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }
}
