//! Polynomials and limits of the vectorised functions.
//!
//! Polynomials are minimax fits (Remez exchange in 50 digits) on the reduced interval; their errors are below a tenth of
//! a unit in the last place.

/// Constants of a precision.
pub trait Coefficients: Sized + Copy + 'static {
    const EPSILON: Self;
    /// Largest |x| whose exponential, and its inverse, are normal numbers.
    const LIMIT: Self;
    const ONE: Self;
    const TWO: Self;
    /// Adding and subtracting this rounds to the nearest whole number.
    const ROUND: Self;
    /// ln 2 in two parts; the high one has few bits, so that whole multiples of it are exact.
    const LN_2_HIGH: Self;
    const LN_2_LOW: Self;
    const LOG2_E: Self;
    /// (e^r − 1 − r)/r² for |r| ≤ ½ ln 2.
    const EXP: &'static [Self];
    /// The same for |r| ≤ ½ ln 2 / (number of roots).
    const EXP_TABLE: &'static [Self];
    /// 2^(j/16) (f32: 2^(j/32)).
    const ROOTS_OF_2: &'static [Self];
    /// 2^(j/16) exactly, over `ROOTS_OF_2[j]`, minus 1 (f32: 32 of them).
    const LOST_OF_ROOTS: &'static [Self];
    /// (2^r − 1)/r for |r| ≤ ½, to relative accuracy.
    const EXP2: &'static [Self];
    /// The same for |r| ≤ ½ / (number of roots).
    const EXP2_NEAREST: &'static [Self];
    /// The same for 0 ≤ r ≤ 1 / (number of roots), where its error counts in proportion to r.
    const EXP2_BELOW: &'static [Self];
    /// 2^x and 2^−x are normal numbers for x up to this.
    const LIMIT_2: Self;
    /// The largest product of two denominators that share a division, with room for the sum of two such products.
    const LARGEST_SHARED: Self;
    /// (2 artanh(√x)/√x − 2)/x for 0 ≤ x ≤ 1/9.
    const LOG1P: &'static [Self];
}

impl Coefficients for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const LIMIT: f64 = 708.0;
    const ONE: f64 = 1.0;
    const TWO: f64 = 2.0;
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 0.6931471806019545;
    const LN_2_LOW: f64 = -4.2009150726810846e-11;
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const EXP: &'static [f64] = &[
        0.5,
        0.16666666666666674,
        0.0416666666666667,
        0.008333333333322698,
        0.0013888888888868782,
        0.00019841269883653508,
        2.480158735739409e-05,
        2.7557246525749314e-06,
        2.7557245071132103e-07,
        2.5108277691429565e-08,
        2.092381667305697e-09,
    ];
    const EXP_TABLE: &'static [f64] = &[
        0.5000000000000006,
        0.16666666664437768,
        0.041666666659729665,
        0.008333471458094868,
        0.0013889128213615228,
    ];
    const ROOTS_OF_2: &'static [f64] = &[
        1.0,
        1.0442737824274138,
        1.0905077326652577,
        1.1387886347566916,
        1.189207115002721,
        1.241857812073484,
        1.2968395546510096,
        1.3542555469368927,
        std::f64::consts::SQRT_2,
        1.4768261459394993,
        1.5422108254079407,
        1.6104903319492543,
        1.681792830507429,
        1.7562521603732995,
        1.8340080864093424,
        1.9152065613971474,
    ];
    const LOST_OF_ROOTS: &'static [f64] = &[
        0.0,
        8.189317638195515e-17,
        -2.7939114859515733e-17,
        7.826573258636076e-17,
        3.3484623336251524e-17,
        3.750854201303127e-17,
        1.9572585293112036e-17,
        5.68648095791174e-17,
        -6.835808657661922e-17,
        -2.3591094770850053e-17,
        5.1548301170786783e-17,
        1.5341410053603723e-17,
        4.875160526227062e-17,
        1.685487290628973e-17,
        1.790126907604513e-17,
        -5.545065618639427e-17,
    ];
    const EXP2: &'static [f64] = &[
        std::f64::consts::LN_2,
        0.24022650695910097,
        0.055504108664821236,
        0.009618129107607065,
        0.0013333558146531625,
        0.00015403530441481065,
        1.5252733701228147e-05,
        1.3215442723966273e-06,
        1.0178121291579376e-07,
        7.072561757844552e-09,
        4.445538637021409e-10,
    ];
    const EXP2_NEAREST: &'static [f64] = &[
        std::f64::consts::LN_2,
        0.24022650695910086,
        0.0555041086648215,
        0.009618129106525715,
        0.0013333558148125677,
        0.00015403756243035776,
        1.5252734009945073e-05,
    ];
    const EXP2_BELOW: &'static [f64] = &[
        0.6931471805599376,
        0.24022650696149073,
        0.05550410841751851,
        0.009618140868148266,
        0.0013330732748854232,
        0.00015736798470980664,
    ];
    const LIMIT_2: f64 = 1021.0;
    const LARGEST_SHARED: f64 = 1e300;
    const LOG1P: &'static [f64] = &[
        0.6666666666666631,
        0.4000000000015724,
        0.28571428547854183,
        0.2222222396972834,
        0.1818174392458099,
        0.15386559937435623,
        0.1330097333118014,
        0.12106088642531872,
        0.08340089925081992,
        0.17018598280484054,
    ];
}

impl Coefficients for f32 {
    const EPSILON: f32 = f32::EPSILON;
    const LIMIT: f32 = 87.0;
    const ONE: f32 = 1.0;
    const TWO: f32 = 2.0;
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -0.000_212_194_44;
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const EXP: &'static [f32] =
        &[0.5, 0.166_666_67, 0.041_666_377, 0.008_333_275, 0.001_393_956_6, 0.000_199_130_52];
    const EXP_TABLE: &'static [f32] = &[0.500_004_05, 0.166_667_64];
    const ROOTS_OF_2: &'static [f32] = &[
        1.0,
        1.0218972,
        1.0442737,
        1.0671405,
        1.0905077,
        1.1143868,
        1.1387886,
        1.1637249,
        1.1892071,
        1.2152474,
        1.2418578,
        1.269051,
        1.2968396,
        1.3252367,
        1.3542556,
        1.383_91,
        std::f32::consts::SQRT_2,
        1.4451808,
        1.4768262,
        1.5091645,
        1.5422108,
        1.5759809,
        1.6104903,
        1.6457555,
        1.6817929,
        1.7186193,
        1.7562522,
        1.7947091,
        1.8340081,
        1.8741677,
        1.9152066,
        1.9571441,
    ];
    const LOST_OF_ROOTS: &'static [f32] = &[
        0.0,
        -4.7084576e-8,
        4.628547e-8,
        -5.5604225e-8,
        -1.19921575e-8,
        -4.8776062e-8,
        4.7297824e-8,
        -3.4814427e-8,
        3.193418e-8,
        -2.6886665e-8,
        3.6210572e-8,
        1.118421e-9,
        -3.099072e-8,
        -2.638301e-8,
        -7.475213e-9,
        -4.2456357e-8,
        1.7114271e-8,
        2.3001967e-8,
        -3.0476834e-8,
        -1.6538538e-8,
        5.233334e-9,
        -3.5920646e-8,
        6.1075918e-9,
        -3.1140544e-8,
        -1.4719605e-8,
        -2.8218102e-8,
        -5.258795e-9,
        -6.3603873e-9,
        -6.1282597e-9,
        -2.4880409e-8,
        5.1406093e-9,
        -8.697267e-9,
    ];
    const EXP2: &'static [f32] =
        &[std::f32::consts::LN_2, 2.4022649e-1, 5.5503573e-2, 9.618238e-3, 1.3390735e-3, 1.540349e-4];
    const EXP2_NEAREST: &'static [f32] = &[std::f32::consts::LN_2, 2.4022827e-1, 5.550411e-2];
    const EXP2_BELOW: &'static [f32] = &[6.9314724e-1, 2.4021596e-1, 5.6084972e-2];
    const LIMIT_2: f32 = 126.0;
    const LARGEST_SHARED: f32 = 1e37;
    const LOG1P: &'static [f32] = &[0.666_664_1, 0.400_216_97, 0.279_991_48, 0.280_244_56];
}
