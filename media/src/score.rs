//! How well a picture stands for a video: bright enough, varied, sharp, and not in transition.

/// Brightness of a small picture, row by row.
pub(crate) struct Luma {
    width: usize,
    values: Vec<u8>,
}

impl Luma {
    /// Of packed RGB, by BT.709's weights.
    pub(crate) fn of(rgb: &[u8], width: usize) -> Self {
        let luma = |pixel: &[u8]| {
            let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
            u8::try_from((r * 54 + g * 183 + b * 19) / 256).unwrap_or(u8::MAX)
        };
        Self { width: width.max(1), values: rgb.chunks_exact(3).map(luma).collect() }
    }

    fn height(&self) -> usize {
        self.values.len() / self.width
    }

    fn mean(&self) -> f32 {
        mean(self.values.iter().map(|&value| f32::from(value)))
    }

    /// Standard deviation.
    fn spread(&self) -> f32 {
        let middle = self.mean();
        mean(self.values.iter().map(|&value| (f32::from(value) - middle).powi(2))).sqrt()
    }

    /// Entropy of the histogram in 32 steps, in bits: 0 to 5.
    fn variety(&self) -> f32 {
        let mut counts = [0_u32; 32];
        for &value in &self.values {
            counts[usize::from(value / 8)] += 1;
        }
        let all = self.values.len().max(1) as f32;
        let bits = |count: u32| {
            let share = count as f32 / all;
            if count == 0 { 0.0 } else { -share * share.log2() }
        };
        counts.into_iter().map(bits).sum()
    }

    /// Variance of the Laplacian: large where there are edges, small where all is blurred.
    fn edges(&self) -> f32 {
        let (width, height) = (self.width, self.height());
        if width < 3 || height < 3 {
            return 0.0;
        }
        let at = |x: usize, y: usize| f32::from(self.values[y * width + x]);
        let inner = |y| (1..width - 1).map(move |x| (x, y));
        let laplacian =
            |(x, y)| at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4.0 * at(x, y);
        let all: Vec<f32> = (1..height - 1).flat_map(inner).map(laplacian).collect();
        let middle = mean(all.iter().copied());
        mean(all.iter().map(|value| (value - middle).powi(2)))
    }

    /// Mean difference of blocks of 8×8, from 0 to 255: grain and small motion do not count.
    fn change_to(&self, later: &Self) -> f32 {
        let (now, later) = (self.blocks(), later.blocks());
        mean(now.into_iter().zip(later).map(|(a, b)| (a - b).abs()))
    }

    fn blocks(&self) -> Vec<f32> {
        let (across, down) = (self.width / 8, self.height() / 8);
        let block = |n: usize| {
            let (x, y) = (n % across * 8, n / across * 8);
            let rows = (y..y + 8).map(|row| &self.values[row * self.width + x..][..8]);
            mean(rows.flatten().map(|&value| f32::from(value)))
        };
        (0..across * down).map(block).collect()
    }
}

/// From 0 to 1. `later` is the picture a moment after, if there is one: where much changes at once,
/// a fade or a cut is under way.
pub(crate) fn score(now: &Luma, later: Option<&Luma>) -> f32 {
    let mean = now.mean();
    let lit = ((mean - 16.0) / 34.0).min((245.0 - mean) / 45.0).clamp(0.0, 1.0);
    let contrast = (now.spread() / 55.0).min(1.0);
    let variety = now.variety() / 5.0;
    let edges = now.edges();
    let sharp = edges / (edges + 100.0);
    let change = later.map_or(0.0, |later| now.change_to(later));
    let steady = 1.0 - 0.6 * ((change - 4.0) / 24.0).clamp(0.0, 1.0);
    lit * steady * (0.3 * contrast + 0.3 * variety + 0.4 * sharp)
}

fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values {
        sum += f64::from(value);
        count += 1;
    }
    #[expect(clippy::cast_possible_truncation, reason = "means of bytes and their squares")]
    let mean = (sum / f64::from(count.max(1))) as f32;
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 64;

    fn picture(value: impl Fn(usize, usize) -> u8) -> Luma {
        let values = (0..SIDE * SIDE).map(|n| value(n % SIDE, n / SIDE)).collect();
        Luma { width: SIDE, values }
    }

    /// Rectangles of many shades.
    fn scene() -> Luma {
        picture(|x, y| u8::try_from((x / 9 * 37 + y / 7 * 71) % 200).unwrap() + 20)
    }

    fn mixed(a: &Luma, b: &Luma, part: u32) -> Luma {
        let mix = |(&a, &b): (&u8, &u8)| {
            u8::try_from((u32::from(a) * (100 - part) + u32::from(b) * part) / 100).unwrap()
        };
        let values = a.values.iter().zip(&b.values).map(mix).collect();
        Luma { width: SIDE, values }
    }

    #[test]
    fn nothing_to_see_is_worth_nothing() {
        let good = score(&scene(), Some(&scene()));
        assert!(good > 0.5, "{good}");
        for flat in [0, 8, 128, 250] {
            let score = score(&picture(|_, _| flat), None);
            assert!(score < 0.1, "{flat}: {score}");
        }
        // A title on black, and a lamp in the dark.
        let dark = picture(|x, y| if x % 16 == 0 && y > 56 { 220 } else { 4 });
        assert!(score(&dark, None) < 0.1);
    }

    #[test]
    fn a_sharp_picture_beats_a_blurred_one() {
        let sharp = scene();
        let blurred = picture(|x, y| {
            let near = |at: usize| at.saturating_sub(4)..(at + 5).min(SIDE);
            let all = near(y).flat_map(|y| near(x).map(move |x| y * SIDE + x));
            let values: Vec<u32> = all.map(|at| u32::from(sharp.values[at])).collect();
            u8::try_from(values.iter().sum::<u32>() / u32::try_from(values.len()).unwrap()).unwrap()
        });
        assert!(score(&sharp, None) > 1.3 * score(&blurred, None));
    }

    #[test]
    fn a_picture_in_transition_loses() {
        let (scene, other) =
            (scene(), picture(|x, y| if (x / 8 + y / 8) % 2 == 0 { 30 } else { 210 }));
        let black = picture(|_, _| 0);
        let still = score(&scene, Some(&scene));
        let fading = [(&black, 40, 70), (&other, 20, 50), (&other, 0, 100)];
        for (from, now, later) in fading {
            let (now, later) = (mixed(&scene, from, now), mixed(&scene, from, later));
            assert!(score(&now, Some(&later)) < 0.8 * still);
        }
    }

    #[test]
    fn grain_and_small_pictures_do_no_harm() {
        let scene = scene();
        let grain = picture(|x, y| {
            scene.values[y * SIDE + x] + u8::try_from((x * 7 + y * 13) % 5).unwrap()
        });
        assert!(score(&scene, Some(&grain)) > 0.95 * score(&scene, Some(&scene)));
        let tiny = Luma::of(&[10, 20, 30, 200, 210, 220], 2);
        assert!(score(&tiny, Some(&tiny)).is_finite());
        assert!(score(&Luma::of(&[], 0), None) < 0.01);
    }
}
