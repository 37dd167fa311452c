/// Numbers of steps for people: those inside of step 2 are 2.1, 2.2 and so on. The document's ids are whole numbers.
struct StepLabels {
    private var labels: [Int: String] = [:]

    init(_ document: PlanDocument) { add(document.steps, prefix: "") }

    subscript(id: Int) -> String { labels[id] ?? String(id) }

    private mutating func add(_ steps: [PlanDocument.StepPart], prefix: String) {
        for (index, step) in steps.enumerated() {
            let label = prefix + String(index + 1)
            labels[step.id] = label
            add(step.body ?? [], prefix: label + ".")
        }
    }
}
