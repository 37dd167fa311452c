import ArgumentParser
import Curvature

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Compile requests and print the plan and its predicted cost; of the data only names, shapes and types are read.",
        discussion: """
            Examples:
              curvature explain loss gradient 'ggn @ v' ...             for people; ~ marks an estimate
              curvature explain 'inverse(ggn + identity) @ v' ... --trace
              curvature explain gradient 'hessian @ v' ... --format dot | dot -Tsvg > plan.svg
            """)

    @OptionGroup var arguments: ProblemArguments

    @Option(help: "text, json or dot.")
    var format = "text"

    @Flag(help: "Show the requests as asked and after each rewrite rule, too.")
    var trace = false

    func run() throws {
        let format = try ExplainFormat.named(format, option: "--format")
        let problem = try arguments.problem(isLoaded: false)
        let requests = try parseRequests(arguments.requests, in: problem)
        var options = try arguments.options()
        let plan = try Plan(requests, problem: problem, options: options)
        for note in problem.notes(on: requests) { note.writeNote() }
        options.isNaive = true
        options.memory = .max
        let naive = try plan.options.isNaive ? plan : Plan(requests, problem: problem, options: options)
        print(try format(PlanDocument(plan, naive: naive, showsTrace: trace)))
    }
}

extension ExplainFormat {
    static func named(_ name: String, option: String) throws -> ExplainFormat {
        guard let format = all.first(where: { $0.name == name }) else {
            let names = all.map(\.name)
            throw ValidationError(
                "\(option): expected \(names.dropLast().joined(separator: ", ")) or \(names.last!), found '\(name)'")
        }
        return format
    }
}
