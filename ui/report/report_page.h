// ReportPage: what is on one A4 page of a report, and the drawing of it.
#pragma once
#include "ui/report/report_picture.h"
#include "ui/report/report_words.h"

class QPainter;
class QPdfWriter;

namespace cristae {

struct ReportPage {
    QString title, subtitle, corner; // file name; what the image is; "slice 3 of 32"
    ReportPictures pictures;         // null images on the page of sums
    double imagePixelsAcross = 0;    // width of the original in its own pixels, for the scale bar
    std::optional<double> nmPerPixel;
    double pixelAspect = 1; // height of a pixel over its width
    QString resultCaption;  // over the right picture
    QString tableTitle;
    std::vector<ReportRow> rows;
    std::vector<ReportFact> facts;
    QString maker;
    QString remark; // a sentence at the foot, or empty
};

/// Draws the whole page (A4 landscape) in the writer's device pixels.
void drawReportPage(QPainter& painter, const QPdfWriter& writer, const ReportPage& page);

} // namespace cristae
