/// Kronecker-factored curvature.
extension Word {
    static func kronecker(_ form: KroneckerOptions.Form) -> Word {
        .leaf(
            "\(form.rawValue)(fisher=..., samples=S, seed=s, weight_sharing=..., separate_weight_and_bias=...)",
            keywords: ["fisher", "samples", "seed", "weight_sharing", "separate_weight_and_bias"]
        ) { call throws(ExpressionError) in
            let arguments = call.arguments
            var options = KroneckerOptions(form: form)
            if let fisher = try arguments.option("fisher", among: KroneckerOptions.Fisher.allCases.map(\.rawValue)) {
                options.fisher = KroneckerOptions.Fisher(rawValue: fisher)!
            }
            if let samples = try arguments.wholeNumber("samples", from: 1, through: UInt64(Int32.max)) {
                options.samples = Int(samples)
            }
            options.seed = try arguments.wholeNumber("seed", from: 0, through: .max) ?? 0
            if let sharing = try arguments.option(
                "weight_sharing", among: KroneckerOptions.WeightSharing.allCases.map(\.rawValue))
            {
                options.weightSharing = KroneckerOptions.WeightSharing(rawValue: sharing)!
            }
            if let separate = try arguments.option("separate_weight_and_bias", among: ["true", "false"]) {
                options.separatesWeightAndBias = separate == "true"
            }
            return try call.elaborator.checked(at: call.column, []) { [options] _ throws(KindError) in
                try .kfac(options, call.elaborator.shape)
            }
        }
    }
}
